{{/* The ConfigMap's files, as YAML; the pods' checksum is theirs. */}}
{{- define "redis.config" -}}
{{- $own := dict "dir" "/data" "aclfile" "/run/redis/users.acl" "protected-mode" "no" "appendonly" "yes" "appendfsync" .Values.appendfsync "save" "\"\"" -}}
{{- if .Values.maxmemory -}}
{{- $_ := set $own "maxmemory" .Values.maxmemory -}}
{{- $_ := set $own "maxmemory-policy" "noeviction" -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $tls := "/run/secrets/redis-tls" -}}
{{- $own = merge $own (dict "port" "0" "tls-port" "6379" "tls-auth-clients" "no" "tls-ca-cert-file" (print $tls "/ca.crt") "tls-cert-file" (print $tls "/tls.crt") "tls-key-file" (print $tls "/tls.key")) -}}
{{- end -}}
redis.conf: |
  {{- range $name, $value := merge (dict) .Values.configuration $own }}
  {{ $name }} {{ kindIs "float64" $value | ternary (printf "%.15g" $value) (toString $value) }}
  {{- end }}
users: |
  {{- include "redis.acl" . | nindent 2 }}
start.sh: |
  {{- .Files.Get "files/start.sh" | trim | nindent 2 }}
cli.sh: |
  {{- .Files.Get "files/cli.sh" | trim | nindent 2 }}
{{- end -}}
