{{/* Everything there is to know of the server, bundled or not, as YAML: whoever needs a part of it asks here, so that no
     place forgets a mode. */}}
{{- define "messaging-patterns.redis" -}}
{{- if .Values.redis.enabled -}}
{{- $name := include "messaging-patterns.redisName" . -}}
mode: standalone
host: {{ $name }}
port: 6379
database: 0
secret: {{ .Values.redis.auth.existingSecret | default (printf "%s-users" $name) }}
secretIsGiven: {{ not (empty .Values.redis.auth.existingSecret) }}
users:
  {{- range $user := list "publisher" "subscriber" "test" "autoscaler" }}
  {{ $user }}: {username: {{ $user }}, passwordKey: {{ $user }}-password}
  {{- end }}
  {{- $page := .Values.page.writes | ternary "page-writer" "page" }}
  page: {username: {{ $page }}, passwordKey: {{ $page }}-password}
{{- with .Values.redis.tls }}
tls:
  enabled: {{ .enabled }}
  secret: {{ .existingSecret | default (printf "%s-tls" $name) }}
  secretIsGiven: {{ not (empty .existingSecret) }}
  clientCertificate: false
  verifyHost: true
{{- end }}
{{- else -}}
{{- with .Values.externalRedis -}}
mode: {{ .mode }}
host: {{ .host | quote }}
port: {{ int .port }}
database: {{ int .database }}
sentinel: {{ toJson .sentinel }}
secret: {{ .existingSecret | quote }}
secretIsGiven: {{ not (empty .existingSecret) }}
users: {{ toJson .users }}
tls:
  enabled: {{ .tls.enabled }}
  secret: {{ .tls.existingSecret | quote }}
  secretIsGiven: {{ not (empty .tls.existingSecret) }}
  clientCertificate: {{ .tls.clientCertificate }}
  verifyHost: {{ .tls.verifyHost }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The variables that tell both services where the server is, as YAML. */}}
{{- define "messaging-patterns.redisSettings" -}}
{{- $redis := include "messaging-patterns.redis" . | fromYaml -}}
{{- if eq $redis.mode "sentinel" }}
REDIS_SENTINEL: {{ join "," $redis.sentinel.addresses | quote }}
REDIS_SENTINEL_MASTER: {{ $redis.sentinel.master | quote }}
{{- with $redis.sentinel.username }}
REDIS_SENTINEL_USERNAME: {{ . | quote }}
{{- end }}
{{- else }}
REDIS_HOST: {{ $redis.host | quote }}
REDIS_PORT: {{ $redis.port | quote }}
{{- end }}
{{- if eq $redis.mode "cluster" }}
REDIS_CLUSTER: "true"
{{- end }}
{{- with $redis.database }}
REDIS_DB: {{ . | quote }}
{{- end }}
{{- with $redis.tls }}{{ if .enabled }}
REDIS_TLS: "true"
{{- if .secret }}
REDIS_TLS_CA: {{ include "messaging-patterns.tlsFolder" . }}/ca.crt
{{- end }}
{{- if .clientCertificate }}
REDIS_TLS_CERT: {{ include "messaging-patterns.tlsFolder" . }}/tls.crt
REDIS_TLS_KEY: {{ include "messaging-patterns.tlsFolder" . }}/tls.key
{{- end }}
{{- if not .verifyHost }}
REDIS_TLS_VERIFY_HOST: "false"
{{- end }}
{{- end }}{{ end }}
{{- end -}}

{{/* Who one of our users is to the server, as YAML; takes (root, user). */}}
{{- define "messaging-patterns.userSettings" -}}
{{- $redis := include "messaging-patterns.redis" .root | fromYaml -}}
{{- if $redis.secret -}}
{{- with (index $redis.users .user).username -}}
REDIS_USERNAME: {{ . | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "messaging-patterns.secretsFolder" -}}/run/secrets/messaging{{- end -}}
{{- define "messaging-patterns.tlsFolder" -}}/run/secrets/redis-tls{{- end -}}

{{/* The volumes with one user's secrets, as a list in YAML; takes (root, user). */}}
{{- define "messaging-patterns.secretVolumes" -}}
{{- $redis := include "messaging-patterns.redis" .root | fromYaml -}}
{{- if $redis.secret }}
- name: secrets
  secret:
    secretName: {{ $redis.secret }}
    defaultMode: 0440
    items:
      - {key: {{ (index $redis.users .user).passwordKey | quote }}, path: redis-password}
      {{- with ($redis.sentinel | default dict).passwordKey }}
      - {key: {{ . | quote }}, path: redis-sentinel-password}
      {{- end }}
{{- end }}
{{- if and $redis.tls.enabled $redis.tls.secret }}
- name: tls
  secret:
    secretName: {{ $redis.tls.secret }}
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
      {{- if $redis.tls.clientCertificate }}
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
      {{- end }}
{{- end }}
{{- end -}}

{{/* Where these volumes go, as a list in YAML; takes (root, user). */}}
{{- define "messaging-patterns.secretMounts" -}}
{{- range include "messaging-patterns.secretVolumes" . | fromYamlArray }}
- name: {{ .name }}
  mountPath: {{ include (printf "messaging-patterns.%sFolder" .name) . }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Where whoever uses the server may send, as NetworkPolicyEgressRules. */}}
{{- define "messaging-patterns.redisEgress" -}}
{{- $redis := include "messaging-patterns.redis" . | fromYaml -}}
{{- if .Values.redis.enabled }}
- ports: [{port: 6379}]
  to:
    - podSelector:
        matchLabels: {{- include "messaging-patterns.redisSelector" . | nindent 10 }}
{{- else }}
- ports:
    - {port: {{ $redis.port }}}
    {{- range $redis.mode | eq "sentinel" | ternary $redis.sentinel.addresses list }}
    - {port: {{ splitList ":" . | last }}}
    {{- end }}
  {{- with .Values.networkPolicy.redisCIDRs }}
  to:
    {{- range . }}
    - {ipBlock: {cidr: {{ . | quote }}}}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}
