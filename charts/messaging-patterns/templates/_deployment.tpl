{{/* A service's Deployment; takes (root, component). */}}
{{- define "messaging-patterns.deployment" -}}
{{- $values := index .root.Values .component -}}
{{- $user := dict "root" .root "user" .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "messaging-patterns.base" .root }}-{{ .component }}
  labels: {{- include "messaging-patterns.labels" . | nindent 4 }}
spec:
  {{- if not (or (kindIs "invalid" $values.replicas) (include "messaging-patterns.scaledByOthers" $values)) }}
  replicas: {{ int $values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "messaging-patterns.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "messaging-patterns.selector" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .component }}
        checksum/settings: {{ include "messaging-patterns.sharedData" .root | sha256sum }}
        checksum/{{ .component }}: {{ include "messaging-patterns.ownData" . | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "messaging-patterns.podSecurity" .root | nindent 6 }}
      {{- with include "messaging-patterns.placement" $values | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      # What SHUTDOWN_GRACE allows, then TELEMETRY_FLUSH, and time to tell the kubelet.
      {{- $settings := .root.Values.settings }}
      terminationGracePeriodSeconds: {{ addf ($settings.SHUTDOWN_GRACE | default 25.0) (kindIs "invalid" $settings.TELEMETRY_FLUSH | ternary 2.0 $settings.TELEMETRY_FLUSH) | ceil | int | add 5 }}
      containers:
        - {{- include "messaging-patterns.container" . | nindent 10 }}
      {{- with concat (include "messaging-patterns.secretVolumes" $user | fromYamlArray) $values.extraVolumes }}
      volumes: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* "true" when an autoscaler decides the number of replicas; takes the service's values. */}}
{{- define "messaging-patterns.scaledByOthers" -}}
{{- if or (.keda | default dict).enabled (.autoscaling | default dict).enabled -}}true{{- end -}}
{{- end -}}
