import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'

/**
 * The exporter that `OTEL_EXPORTER_OTLP_PROTOCOL` names, which NodeSDK only reads when it is given no span processors;
 * protobuf over HTTP when it names none.
 */
export function traceExporter(): SpanExporter {
  switch (process.env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? process.env.OTEL_EXPORTER_OTLP_PROTOCOL) {
    case 'grpc':
      return new GrpcExporter()
    case 'http/json':
      return new JsonExporter()
    default:
      return new ProtobufExporter()
  }
}
