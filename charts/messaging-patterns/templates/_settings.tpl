{{/* A ConfigMap's data, as YAML: what is not null, as text. Takes a dictionary. */}}
{{- define "messaging-patterns.data" -}}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{ $name }}: {{ include "messaging-patterns.text" $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What both services are told. */}}
{{- define "messaging-patterns.sharedData" -}}
{{- $redis := include "messaging-patterns.redisSettings" . | fromYaml -}}
{{- include "messaging-patterns.data" (merge $redis .Values.settings) | trim -}}
{{- end -}}

{{/* What one service is told; takes (root, component). */}}
{{- define "messaging-patterns.ownData" -}}
{{- $user := include "messaging-patterns.userSettings" (dict "root" .root "user" .component) | fromYaml -}}
{{- include "messaging-patterns.data" (merge $user (index .root.Values .component).settings) | trim -}}
{{- end -}}

{{/* The patterns in use, with spaces between. */}}
{{- define "messaging-patterns.patterns" -}}
{{- $shorthands := dict "both" "pubsub,queue" "all" "pubsub,sharded-pubsub,queue,reliable-queue,stream" -}}
{{- $names := list -}}
{{- range splitList "," (.Values.settings.PATTERN | default "both") -}}
{{- $names = concat $names (splitList "," (get $shorthands (trim .) | default (trim .))) -}}
{{- end -}}
{{- $names | uniq | join " " -}}
{{- end -}}

{{/* The names in Redis, by pattern, as YAML: those of the settings, else the programs' own. */}}
{{- define "messaging-patterns.destinations" -}}
{{- with .Values.settings -}}
pubsub: {{ .DESTINATION_PUBSUB | default "messages" | quote }}
sharded-pubsub: {{ .DESTINATION_SHARDED_PUBSUB | default "sharded_messages" | quote }}
queue: {{ .DESTINATION_QUEUE | default "message_queue" | quote }}
reliable-queue: {{ .DESTINATION_RELIABLE_QUEUE | default "reliable_message_queue" | quote }}
stream: {{ .DESTINATION_STREAM | default "message_stream" | quote }}
{{- end -}}
{{- end -}}

{{/* Environment variables by name, as a list in YAML: a later one takes the place of an earlier one. Takes a list. */}}
{{- define "messaging-patterns.env" -}}
{{- $byName := dict -}}
{{- $names := list -}}
{{- range . -}}
{{- $names = append $names .name -}}
{{- $entry := deepCopy . -}}
{{- if hasKey $entry "value" -}}{{- $_ := set $entry "value" (include "messaging-patterns.text" $entry.value) -}}{{- end -}}
{{- $_ := set $byName .name $entry -}}
{{- end -}}
{{- $entries := list -}}
{{- range uniq $names -}}{{- $entries = append $entries (get $byName .) -}}{{- end -}}
{{- toYaml $entries -}}
{{- end -}}
