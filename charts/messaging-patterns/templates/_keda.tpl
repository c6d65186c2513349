{{/* What every trigger says of the server, as YAML. */}}
{{- define "messaging-patterns.kedaServer" -}}
{{- $redis := include "messaging-patterns.redis" . | fromYaml -}}
{{- if eq $redis.mode "sentinel" }}
addresses: {{ join "," $redis.sentinel.addresses | quote }}
sentinelMaster: {{ $redis.sentinel.master | quote }}
{{- with $redis.sentinel.username }}
sentinelUsername: {{ . | quote }}
{{- end }}
{{- else }}
{{- /* The operator asks from its own namespace. */}}
{{- $host := .Values.redis.enabled | ternary (printf "%s.%s" $redis.host .Release.Namespace) $redis.host }}
{{ eq $redis.mode "cluster" | ternary "addresses" "address" }}: {{ printf "%s:%v" $host $redis.port | quote }}
{{- end }}
{{- if $redis.secret }}
{{- with $redis.users.autoscaler.username }}
username: {{ . | quote }}
{{- end }}
{{- end }}
{{- if ne $redis.mode "cluster" }}
databaseIndex: {{ $redis.database | quote }}
{{- end }}
{{- if $redis.tls.enabled }}
enableTLS: "true"
{{- end }}
{{- end -}}

{{/* The queue signals of the patterns in use, as a list in YAML: (streams, metadata). What waits and what is in flight
     are separate signals, so that a crashed pod's messages count at zero replicas. */}}
{{- define "messaging-patterns.kedaSignals" -}}
{{- $patterns := splitList " " (include "messaging-patterns.patterns" .) -}}
{{- $names := include "messaging-patterns.destinations" . | fromYaml -}}
{{- $group := .Values.settings.STREAM_GROUP | default "subscribers" -}}
{{- $each := .Values.subscriber.keda.messagesPerReplica | int | toString -}}
{{- if has "queue" $patterns }}
- metadata: {listName: {{ $names.queue | quote }}, listLength: {{ $each | quote }}}
{{- end }}
{{- if has "reliable-queue" $patterns }}
{{- $list := index $names "reliable-queue" }}
{{- $beside := include "messaging-patterns.beside" $list }}
- metadata: {listName: {{ $list | quote }}, listLength: {{ $each | quote }}}
- metadata: {listName: {{ printf "%s:woken" $beside | quote }}, listLength: {{ $each | quote }}}
- metadata: {listName: {{ printf "%s:leases" $beside | quote }}, listLength: {{ $each | quote }}}
{{- end }}
{{- if has "stream" $patterns }}
- streams: true
  metadata: {stream: {{ $names.stream | quote }}, consumerGroup: {{ $group | quote }}, lagCount: {{ $each | quote }}}
- streams: true
  metadata: {stream: {{ $names.stream | quote }}, consumerGroup: {{ $group | quote }}, pendingEntriesCount: {{ $each | quote }}}
{{- end }}
{{- end -}}

{{/* The destination as helper keys begin with it: in a hash tag, unless it has one. */}}
{{- define "messaging-patterns.beside" -}}
{{- if regexMatch "^[^{]*\\{[^}]+\\}" . -}}{{ . }}{{- else -}}{{ printf "{%s}" . }}{{- end -}}
{{- end -}}

{{/* The scaler's type; takes (mode, streams). */}}
{{- define "messaging-patterns.kedaType" -}}
{{- $words := list "redis" -}}
{{- if ne .mode "standalone" -}}{{- $words = append $words .mode -}}{{- end -}}
{{- if .streams -}}{{- $words = append $words "streams" -}}{{- end -}}
{{- join "-" $words -}}
{{- end -}}
