{{/* What every pod of ours is but for the page's, whose account is another one. Takes the root. */}}
{{- define "messaging-patterns.podSecurity" -}}
serviceAccountName: {{ .Values.serviceAccount.name | default (include "messaging-patterns.base" .) }}
{{ include "messaging-patterns.restricted" . }}
{{- end -}}

{{/* What every pod of ours is. Takes the root. */}}
{{- define "messaging-patterns.restricted" -}}
automountServiceAccountToken: false
enableServiceLinks: false # a Service called redis would set REDIS_PORT=tcp://...
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "messaging-patterns.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where a service's pods may run. Takes the service's values. */}}
{{- define "messaging-patterns.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* A service's pod takes its name from its pod: a publisher signs with it, a stream's consumer finds what it had in hand. */}}
{{- define "messaging-patterns.podName" -}}
- name: {{ eq . "publisher" | ternary "SENDER" "CONSUMER" }}
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- end -}}

{{/* Takes (root, component). */}}
{{- define "messaging-patterns.container" -}}
{{- $values := index .root.Values .component -}}
{{- $user := dict "root" .root "user" .component -}}
name: {{ .component }}
image: {{ include "messaging-patterns.image" (dict "root" .root "image" $values.image) | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext: {{- include "messaging-patterns.containerSecurity" . | nindent 2 }}
envFrom:
  - configMapRef: {name: {{ include "messaging-patterns.base" .root }}-settings}
  - configMapRef: {name: {{ include "messaging-patterns.base" .root }}-{{ .component }}}
{{- $own := concat (include "messaging-patterns.podName" .component | fromYamlArray) (include "messaging-patterns.telemetry" . | fromYamlArray) }}
env: {{- concat $own $values.extraEnv | include "messaging-patterns.env" | nindent 2 }}
ports:
  - {name: probes, containerPort: {{ int .root.Values.settings.PROBE_PORT }}}
startupProbe:
  httpGet: {path: /livez, port: probes}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe: # the loop turns; never asks Redis
  httpGet: {path: /livez, port: probes}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe: # connected, joined, not draining
  httpGet: {path: /readyz, port: probes}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 1
{{- with $values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat (include "messaging-patterns.secretMounts" $user | fromYamlArray) $values.extraVolumeMounts }}
volumeMounts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
