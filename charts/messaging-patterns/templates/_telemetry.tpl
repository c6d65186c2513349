{{/* What the services are told of OpenTelemetry: its own variables, unchanged, as a list in YAML. Takes (root, component). */}}
{{- define "messaging-patterns.telemetry" -}}
{{- if .root.Values.telemetry.enabled -}}
{{- $given := .root.Values.telemetry.variables -}}
{{- range $name, $path := dict "K8S_POD_NAME" "metadata.name" "K8S_POD_UID" "metadata.uid" "K8S_NAMESPACE_NAME" "metadata.namespace" "K8S_NODE_NAME" "spec.nodeName" }}
- {name: {{ $name }}, valueFrom: {fieldRef: {fieldPath: {{ $path }}}}}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "messaging-patterns.resource" . | quote }}
{{- with include "messaging-patterns.endpoint" .root }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- if not (or $given.OTEL_EXPORTER_OTLP_ENDPOINT $given.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT) }}
- {name: OTEL_METRICS_EXPORTER, value: none} # Jaeger takes traces alone; /metrics shows the same figures
{{- end }}
{{- range $name, $value := omit $given "OTEL_RESOURCE_ATTRIBUTES" "OTEL_EXPORTER_OTLP_ENDPOINT" }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  value: {{ include "messaging-patterns.text" $value | quote }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Who a pod is, in OpenTelemetry's words for Kubernetes. What the values add comes later, and so is stronger. */}}
{{- define "messaging-patterns.resource" -}}
{{- $image := (index .root.Values .component).image -}}
{{- $ours := list
  "k8s.namespace.name=$(K8S_NAMESPACE_NAME)"
  "k8s.node.name=$(K8S_NODE_NAME)"
  "k8s.pod.name=$(K8S_POD_NAME)"
  "k8s.pod.uid=$(K8S_POD_UID)"
  (printf "k8s.container.name=%s" .component)
  (printf "k8s.deployment.name=%s-%s" (include "messaging-patterns.base" .root) .component)
  "service.namespace=$(K8S_NAMESPACE_NAME)"
  (printf "service.instance.id=$(K8S_NAMESPACE_NAME).$(K8S_POD_NAME).%s" .component)
  (printf "service.version=%s" (include "messaging-patterns.text" $image.tag | default .root.Chart.AppVersion))
-}}
{{- append $ours .root.Values.telemetry.variables.OTEL_RESOURCE_ATTRIBUTES | compact | join "," -}}
{{- end -}}

{{/* Where spans and metrics go: what the values name, else our own Jaeger. */}}
{{- define "messaging-patterns.endpoint" -}}
{{- $given := .Values.telemetry.variables.OTEL_EXPORTER_OTLP_ENDPOINT -}}
{{- if $given -}}{{ $given }}{{- else if .Values.jaeger.enabled -}}http://{{ include "messaging-patterns.base" . }}-jaeger:4318{{- end -}}
{{- end -}}

{{/* The ports of every endpoint that the values name, as a list in JSON; our own Jaeger is found by its labels. */}}
{{- define "messaging-patterns.endpointPorts" -}}
{{- $ports := list -}}
{{- range $name, $value := .Values.telemetry.variables -}}
{{- if and $value (regexMatch "^OTEL_EXPORTER_OTLP_.*ENDPOINT$" $name) -}}
{{- $url := urlParse $value -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* Where the services may send it, as NetworkPolicyEgressRules. */}}
{{- define "messaging-patterns.telemetryEgress" -}}
{{- if .Values.telemetry.enabled -}}
{{- if .Values.jaeger.enabled }}
- ports: [{port: 4318}]
  to:
    - podSelector:
        matchLabels: {{- include "messaging-patterns.selector" (dict "root" . "component" "jaeger") | nindent 10 }}
{{- end }}
{{- with include "messaging-patterns.endpointPorts" . | fromJsonArray }}
- ports:
    {{- range . }}
    - {port: {{ . }}}
    {{- end }}
  {{- with $.Values.networkPolicy.telemetryTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "messaging-patterns.validateTelemetry" -}}
{{- $telemetry := .Values.telemetry -}}
{{- $named := false -}}
{{- range $name, $value := $telemetry.variables -}}{{- if and $value (regexMatch "^OTEL_EXPORTER_OTLP_.*ENDPOINT$" $name) -}}{{- $named = true -}}{{- end -}}{{- end -}}
{{- if and $telemetry.enabled (not (or $named .Values.jaeger.enabled)) -}}
{{- fail "telemetry.enabled is true and nobody is named to take it: set telemetry.variables.OTEL_EXPORTER_OTLP_ENDPOINT=http://<collector>:4318, or jaeger.enabled=true" -}}
{{- end -}}
{{- if and .Values.jaeger.enabled (not $telemetry.enabled) -}}
{{- fail "jaeger.enabled is true and the services would send it nothing: set telemetry.enabled=true" -}}
{{- end -}}
{{- if hasKey $telemetry.variables "OTEL_SERVICE_NAME" -}}
{{- fail "telemetry.variables.OTEL_SERVICE_NAME would give both services one name: set it in publisher.extraEnv and in subscriber.extraEnv" -}}
{{- end -}}
{{- if hasKey $telemetry.variables "OTEL_EXPORTER_OTLP_HEADERS" -}}
{{- fail "telemetry.variables.OTEL_EXPORTER_OTLP_HEADERS may hold a key, which everybody could read here: set it in publisher.extraEnv and in subscriber.extraEnv, by valueFrom.secretKeyRef" -}}
{{- end -}}
{{- end -}}
