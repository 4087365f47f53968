"""What is known about the LLAMA_ARG_* variables of llama-server's environment.

Names are without LLAMA_ARG_. For a switch NAME the server also reads NO_NAME, which turns it off and wins over NAME.
"""

from components.settings.schema import ModelSettings, ServerSettings
from components.settings.setting import keys_of_variables

_BUILD_11434 = """
AGENT ALIAS API_KEY_FILE API_PREFIX BACKEND_SAMPLING BATCH CACHE_IDLE_SLOTS CACHE_PROMPT CACHE_RAM CACHE_REUSE
CACHE_TYPE_K CACHE_TYPE_V CHAT_TEMPLATE CHAT_TEMPLATE_FILE CHAT_TEMPLATE_KWARGS CHECKPOINT_MIN_SPACING_NT
CONTEXT_SHIFT CONT_BATCHING CORS_CREDENTIALS CORS_HEADERS CORS_METHODS CORS_ORIGINS CPU_MOE CTX_CHECKPOINTS CTX_SIZE
DEFRAG_THOLD DEVICE DOCKER_REPO DRAFT_MAX DRAFT_MIN EMBEDDINGS ENDPOINT_METRICS ENDPOINT_PROPS ENDPOINT_SLOTS FIT
FIT_CTX FIT_TARGET FLASH_ATTN FREQUENCY_PENALTY HF_FILE HF_REPO HOST IMAGE_MAX_TOKENS IMAGE_MIN_TOKENS JINJA
KV_OFFLOAD KV_UNIFIED KV_UNIFIED_PER_SLOT LAZY_MODE LOAD_MODE LOG_COLORS LOG_FILE LOG_JSONL LOG_PREFIX
LOG_TIMESTAMPS LOG_VERBOSITY MAIN_GPU MCP_SERVERS_CONFIG MCP_SERVERS_JSON MIN_P MMPROJ MMPROJ_AUTO MMPROJ_OFFLOAD
MMPROJ_URL MODEL MODELS_AUTOLOAD MODELS_DIR MODELS_MAX MODELS_PRESET MODEL_URL MTMD_BATCH_MAX_TOKENS NO_HOST NUMA
N_CPU_FFN N_CPU_MOE N_GPU_LAYERS N_GPU_LAYERS_DRAFT N_PARALLEL N_PREDICT OFFLINE OVERRIDE_TENSOR PERF POOLING PORT
PREFILL_ASSISTANT PRESENCE_PENALTY REASONING REASONING_EFFORT REASONING_PRESERVE REPACK REPEAT_PENALTY RERANKING
REUSE_PORT ROPE_FREQ_BASE ROPE_FREQ_SCALE ROPE_SCALE ROPE_SCALING_TYPE RPC SKIP_CHAT_PARSING
SPEC_DRAFT_BACKEND_SAMPLING SPEC_DRAFT_CACHE_TYPE_K SPEC_DRAFT_CACHE_TYPE_V SPEC_DRAFT_CPU_MOE SPEC_DRAFT_HF_REPO
SPEC_DRAFT_MODEL SPEC_DRAFT_N_CPU_MOE SPEC_DRAFT_N_MAX SPEC_DRAFT_N_MIN SPEC_DRAFT_P_MIN SPEC_DRAFT_P_SPLIT
SPEC_DRAFT_SAMPLING SPEC_SYNTH_LEN SPEC_SYNTH_RATES SPEC_TYPE SPLIT_MODE SSE_PING_INTERVAL SSL_CERT_FILE
SSL_KEY_FILE STATIC_PATH SWA_FULL TAGS TEMPERATURE TENSOR_SPLIT THINK THINK_BUDGET THINK_BUDGET_MESSAGE THREADS
THREADS_HTTP TIMEOUT TOOLS TOOLS_RUNTIME TOP_K TOP_P UBATCH UI UI_CONFIG UI_CONFIG_FILE UI_MCP_PROXY
VIDEO_FFMPEG_DIR VIDEO_FPS VIDEO_TIMESTAMP_INTERVAL YARN_ATTN_FACTOR YARN_BETA_FAST YARN_BETA_SLOW YARN_EXT_FACTOR
YARN_ORIG_CTX
"""
"""From `llama-server --help` of mainline llama.cpp at build 11434."""

_RENAMED_SINCE = """
CACHE_TYPE_K_DRAFT CACHE_TYPE_V_DRAFT CPU_MOE_DRAFT CTX_SIZE_DRAFT DIO DRAFT_P_MIN DRAFT_P_SPLIT HFD_REPO MLOCK MMAP
MODEL_DRAFT N_CPU_MOE_DRAFT WEBUI WEBUI_CONFIG WEBUI_CONFIG_FILE WEBUI_MCP_PROXY
"""
"""From the documentation of llama-server of early 2026, when the fork was made."""

KNOWN = frozenset(f"{_BUILD_11434} {_RENAMED_SINCE}".split())

_BY_PROJECT = {
    "this project (it must be on)": "EMBEDDINGS KV_UNIFIED",
    "this project (it must be off)": "UI WEBUI ENDPOINT_SLOTS",
    "this project (it is on)": "ENDPOINT_METRICS",
    "this project (pages of other origins get no answer)": "CORS_ORIGINS CORS_METHODS CORS_HEADERS CORS_CREDENTIALS",
    "this project (see serverAddress)": "HOST",
    "this project (see serverPort)": "PORT",
    "modelFile and quant": "MODEL",
    "serverApiKey": "API_KEY_FILE",
    "serverParallel and serverQueryParallel": "THREADS_HTTP",
}

OWN = {
    **keys_of_variables(ModelSettings),
    **keys_of_variables(ServerSettings),
    **{name: by for by, names in _BY_PROJECT.items() for name in names.split()},
}
"""What decides a variable that this project sets, or that would say the same in another way: mostly a setting."""

_REFUSED = {
    "it loads another model than the one that was verified; see modelRepository and modelFile": """
        MODEL_URL DOCKER_REPO HF_REPO HF_FILE HFD_REPO MODELS_DIR MODELS_PRESET MODELS_MAX MODELS_AUTOLOAD MODEL_DRAFT
        SPEC_DRAFT_MODEL SPEC_DRAFT_HF_REPO MMPROJ MMPROJ_URL
    """,
    "it lets clients run tools, or reach other servers, through this one": """
        TOOLS TOOLS_RUNTIME AGENT MCP_SERVERS_CONFIG MCP_SERVERS_JSON UI_MCP_PROXY WEBUI_MCP_PROXY
    """,
    "it names a file or folder, and the container has none but the model's and can write none": """
        MEDIA_PATH SLOT_SAVE_PATH STATIC_PATH LOG_FILE CHAT_TEMPLATE_FILE UI_CONFIG_FILE WEBUI_CONFIG_FILE
        VIDEO_FFMPEG_DIR
    """,
    "the gateway and the checks speak plain HTTP to the server: put TLS in front of the stack": """
        SSL_KEY_FILE SSL_CERT_FILE
    """,
    "it changes the embeddings, and the documents in the index would not be embedded again: the model's file says what "
    "it was trained with": """
        ROPE_FREQ_BASE ROPE_FREQ_SCALE ROPE_SCALE ROPE_SCALING_TYPE YARN_ATTN_FACTOR YARN_BETA_FAST YARN_BETA_SLOW
        YARN_EXT_FACTOR YARN_ORIG_CTX
    """,
    "it moves the paths that the checks and the gateway ask": "API_PREFIX",
    "it sends the model's computation, and people's texts, to other machines without encryption": "RPC",
    "it lets every client change the server for all others": "ENDPOINT_PROPS",
    "a server that ranks makes no embeddings": "RERANKING",
    "it shortens the longest document; see serverContextSize": "KV_UNIFIED_PER_SLOT",
}

REFUSED = {name: reason for reason, names in _REFUSED.items() for name in names.split()}
"""Why a variable that the server would read is not allowed."""

NOT_READ = {
    "BATCH_SIZE": "LLAMA_ARG_BATCH, set by serverBatchSize",
    "UBATCH_SIZE": "LLAMA_ARG_UBATCH, set by serverUbatchSize",
}
"""Names often seen that the server does not read, and the right ones."""

FOR_GPUS = ("SPLIT_MODE", "TENSOR_SPLIT", "MAIN_GPU")
"""Variables that choose among GPUs."""
