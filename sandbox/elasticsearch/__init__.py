"""The image elasticsearch:9.5.3: the official one where it can be pulled, else a stand-in made of published jars.

Of the stand-in these are Elastic's own code of 9.5.3, from Maven Central: indices, mappings, dense_vector, bulk,
kNN and other searches, aliases, templates, tasks, pipelines' registration and simulation, recovery, HTTP.
Painless is the real compiler of 7.10.2, the last one published; what the language learnt later is refused.

These modules are not published, and have stand-ins of ours in java/: inference endpoints of the service openai, the
inference processor and query_vector_builder; the processors script, set, remove and pipeline; _reindex and
_update_by_query with tasks; the licence; basic and API key authentication, authorization of API keys by their role
descriptors, on every action, _has_privileges, the password of `elastic` and bin/elasticsearch-reset-password; GET /.

Known differences; where they matter, the stand-in is the stricter one:
- Every other processor, service, task type and analyzer (but standard and english) is unknown; so are templates, task
  and chunking settings of endpoints, and scripts of _update_by_query.
- Of semantic_text only the mapping is there, for the names of its two endpoints; values and searches are refused.
- On a trial licence the official image makes bbq_disk of a dense_vector without index_options; the stand-in makes
  bbq_hnsw of it (int8_hnsw below 384 dims), as the official one on a Basic licence, and refuses bbq_disk.
- Requests to a model leave as the official ones do, with the same settings (xpack.inference.query_timeout and
  xpack.inference.http.*): base64, 20 connections to a host, 10 s for a query and no limit for a document, at most 3
  attempts at 429, 500 and 503, and a 400 for what the model answers with 5xx. Only the official queue is looked into
  every 50 ms, this one at once.
- There is one user, and no role but those in API keys: privileges that are not enforced, rights on fields or single
  documents, and patterns other than * are refused when a key is made. There is no TLS. Bootstrap checks are not run.
- For tests, POST /_stand_in/forget_trial makes a cluster eligible for another trial, and
  POST /_stand_in/age_licence?days=N moves the licence's day of issue back.
"""

from sandbox.elasticsearch.image import ensure_image

__all__ = ["ensure_image"]
