"""The gateway over HTTP alone, against doubles of llama-server, so that it can be written anew in any language."""
