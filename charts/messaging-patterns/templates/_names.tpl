{{/* What every name begins with: the release's, as it is where that is possible. Names become values of labels, at most 63
     characters, with suffixes of Kubernetes' own behind ours. charts/redis has the same lines: neither can do without. */}}
{{- define "messaging-patterns.base" -}}
{{- $plain := .Release.Name | replace "." "-" -}}
{{- if and (eq $plain .Release.Name) (le (len $plain) 40) -}}
{{- $plain -}}
{{- else -}}
{{- printf "%s-%s" ($plain | trunc 33 | trimSuffix "-") (sha256sum .Release.Name | trunc 6) -}}
{{- end -}}
{{- end -}}

{{/* The bundled server's name; charts/redis calls it the same. */}}
{{- define "messaging-patterns.redisName" -}}
{{- include "messaging-patterns.base" . }}-redis
{{- end -}}

{{/* What selects its pods. */}}
{{- define "messaging-patterns.redisSelector" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Takes (root, component). */}}
{{- define "messaging-patterns.selector" -}}
app.kubernetes.io/name: messaging-patterns
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Takes (root, component). */}}
{{- define "messaging-patterns.labels" -}}
{{ include "messaging-patterns.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Takes (root, image). A tag of digits alone came as a number. */}}
{{- define "messaging-patterns.image" -}}
{{- $tag := include "messaging-patterns.text" .image.tag | default .root.Chart.AppVersion -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository $tag -}}
{{- end -}}
{{- end -}}

{{/* A value as text. Numbers of a values file are floats, which would print 4194304 as 4.194304e+06. */}}
{{- define "messaging-patterns.text" -}}
{{- if kindIs "float64" . -}}{{ printf "%.15g" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}
