"""The scripts of ingest pipelines: what is done to a document before and after its text is embedded.

Facts of Elasticsearch they rest on: the inference processor appends to an output field that exists and writes
`model_id` beside it; its vector is an array of doubles, not a list, so that `.length` and `[i]` serve for both.
"""

from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR

SCRATCH = "_embedding_scratch"
"""The one field that a pipeline adds while it runs; it holds what it must remember, a field of that name included."""

TEXT = f"{SCRATCH}.text"
PREFIXED = f"{SCRATCH}.prefixed"
"""Fields of the text to embed: as it is, or with the prefix of documents before it."""

PREPARE = f"""\
void collect(def value, List texts) {{
  if (value instanceof List) {{
    for (def one : value) {{ collect(one, texts); }}
  }} else if (value != null && value != '') {{
    texts.add('' + value);
  }}
}}
List texts = new ArrayList();
collect(ctx.{CONTENT}, texts);
Map scratch = new HashMap();
if (ctx.containsKey('{SCRATCH}')) {{ scratch.own = ctx.remove('{SCRATCH}'); }}
def made = ctx.remove('{DIGEST}');
if (!texts.isEmpty()) {{
  String text = String.join('
', texts);
  scratch.text = text;
  ctx.remove('{VECTOR}');
  if (ctx.containsKey('model_id')) {{ scratch.model_id = ctx.remove('model_id'); }}"""
"""Joins the texts of `content` by line ends, and clears the way: the processor appends to what is there. A field of
the document that is itself called model_id is put aside."""

PREFIX = """
  scratch.prefixed = text.startsWith(params.prefix) ? text : params.prefix + text;"""
"""Follows PREPARE in a pipeline whose endpoint takes texts as they come."""

PREPARED = f"""
}} else if (made != null) {{
  ctx.remove('{VECTOR}');
}}
if (!scratch.isEmpty()) {{ ctx.{SCRATCH} = scratch; }}"""
"""Ends PREPARE. An embedding that was made of a text goes with the text; one that a document without content brings
stays."""

FINISH = f"""\
def scratch = ctx.remove('{SCRATCH}');
if (scratch != null && scratch.containsKey('own')) {{ ctx.{SCRATCH} = scratch.own; }}
if (scratch != null && scratch.text != null) {{
  ctx.remove('model_id');
  if (scratch.containsKey('model_id')) {{ ctx.model_id = scratch.model_id; }}
  String text = scratch.text;
  ctx.{DIGEST} = text.sha256();"""
"""Takes away what the embedding needed, gives the document its own fields back, and notes what was embedded."""

TRUNCATE = f"""
  def whole = ctx.{VECTOR};
  double squares = 0;
  for (int i = 0; i < params.dims; i++) {{ double value = whole[i]; squares += value * value; }}
  double length = squares > 0 ? Math.sqrt(squares) : 1;
  List truncated = new ArrayList();
  for (int i = 0; i < params.dims; i++) {{ double value = whole[i]; truncated.add(value / length); }}
  ctx.{VECTOR} = truncated;"""
"""Keeps the first numbers (Matryoshka) in a list of its own, and makes its length 1 again."""
