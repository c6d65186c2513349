{{/* As in the parent's templates/_names.tpl, which says why; a test compares the two. */}}
{{- define "redis.fullname" -}}
{{- $plain := .Release.Name | replace "." "-" -}}
{{- if and (eq $plain .Release.Name) (le (len $plain) 40) -}}
{{- $plain -}}
{{- else -}}
{{- printf "%s-%s" ($plain | trunc 33 | trimSuffix "-") (sha256sum .Release.Name | trunc 6) -}}
{{- end -}}
-redis
{{- end -}}

{{- define "redis.selector" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "redis.labels" -}}
{{ include "redis.selector" . }}
app.kubernetes.io/component: redis
app.kubernetes.io/part-of: messaging-patterns
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "redis.image" -}}
{{- $valkey := eq .Values.server "valkey" -}}
{{- $repository := .Values.image.repository | default ($valkey | ternary "valkey/valkey" "redis") -}}
{{- $tag := kindIs "float64" .Values.image.tag | ternary (printf "%.15g" .Values.image.tag) (toString .Values.image.tag) -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($tag | default ($valkey | ternary "9" "8")) -}}
{{- end -}}
{{- end -}}

{{- define "redis.usersSecret" -}}
{{- .Values.auth.existingSecret | default (printf "%s-users" (include "redis.fullname" .)) -}}
{{- end -}}

{{- define "redis.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "redis.fullname" .)) -}}
{{- end -}}
