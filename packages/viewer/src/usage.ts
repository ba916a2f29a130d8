/** What `--help` prints. */
export const HELP = `Shows which Datadog RUM session led to which LLM trace, and why one is not joined.

rum-llmobs-viewer [--port N] [--host NAME]
  Takes OTLP over HTTP, RUM's intake and dd-trace's agent protocol, and shows what came, on one port.
  --port    default PORT, or 4318; 0 takes a free one
  --host    default 127.0.0.1; there is no authentication: who reaches it reads everything

rum-llmobs-viewer doctor --url URL [options] [-- COMMAND...]
  Sends the agent endpoint one request with a session and one without, and says which spans carry it.
  --url     the agent endpoint, for example http://localhost:3000/api/chat
  --origin  the page's origin, where it is another than that of --url
  --method  default POST
  --body    default {"messages":[{"role":"user","content":"Hello"}]}
  --header  NAME:VALUE, repeatable
  --port    where the backend sends its telemetry: default 4318, or a free one with COMMAND
  --timeout seconds to wait for the backend, and for its spans: default 30
  COMMAND   starts the backend with its telemetry sent here; without it, a running one is asked

--help, --version
Exit code of doctor: 0 if each LLM span of the request with a session carries it and none of the other does.`
