{{/* Jaeger 2 is a collector of OpenTelemetry's with a store and a page: OTLP in, memory, queries out. Takes its values. */}}
{{- define "messaging-patterns.jaegerConfiguration" -}}
service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics: {level: none}
extensions:
  healthcheckv2:
    use_v2: true
    http: {endpoint: ":13133"}
  jaeger_query:
    storage: {traces: memory}
    http: {endpoint: ":16686"}
  jaeger_storage:
    backends:
      memory:
        memory: {max_traces: {{ int .maxTraces }}}
receivers:
  otlp:
    protocols:
      http: {endpoint: ":4318"}
processors:
  batch: {timeout: 200ms}
exporters:
  jaeger_storage_exporter:
    trace_storage: memory
{{- end -}}
