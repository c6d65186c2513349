{{/* The live page's command line, as a list in YAML. */}}
{{- define "messaging-patterns.pageArguments" -}}
- page
- {{ printf "--namespace=%s" .Release.Namespace | quote }}
- {{ printf "--release=%s" .Release.Name | quote }}
- {{ printf "--host=%s" (.Values.settings.PROBE_HOST | default "0.0.0.0") | quote }}
- {{ printf "--port=%d" (int .Values.page.port) | quote }}
- --runs=/var/lib/lab/runs
{{- with .Values.page }}
{{- range .hosts }}
- {{ printf "--allow-host=%s" . | quote }}
{{- end }}
{{- if .writes }}
- --allow-writes
{{- end }}
{{- with .traceUrl }}
- {{ printf "--trace-url=%s" . | quote }}
{{- end }}
{{- if .scenarios.enabled }}
- {{ printf "--lab-namespace=%s" .scenarios.namespace | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the page alone is told. Its libraries keep caches, and the root filesystem is read-only. */}}
{{- define "messaging-patterns.pageData" -}}
{{- $user := include "messaging-patterns.userSettings" (dict "root" . "user" "page") | fromYaml -}}
{{- $caches := dict "MPLCONFIGDIR" "/tmp/matplotlib" "NICEGUI_STORAGE_PATH" "/tmp/nicegui" -}}
{{- include "messaging-patterns.data" (merge $user $caches) | trim -}}
{{- end -}}

{{/* The page's volumes beside its secrets, as a list in YAML. The token is the one that Kubernetes would mount by itself;
     named here it is in this pod alone, whatever its account is used for. */}}
{{- define "messaging-patterns.pageVolumes" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
- name: tmp
  emptyDir: {sizeLimit: 128Mi}
- name: runs # gone with the pod
  emptyDir: {sizeLimit: 1Gi}
{{- end -}}

{{- define "messaging-patterns.pageMounts" -}}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
- {name: tmp, mountPath: /tmp}
- {name: runs, mountPath: /var/lib/lab}
{{- end -}}

{{- define "messaging-patterns.validatePage" -}}
{{- $page := .Values.page -}}
{{- if and $page.enabled (not (regexMatch "^[a-z]" .Release.Name)) -}}
{{- fail (printf "the page's Service would be called %s-page, and a Service's name begins with a letter: name the release otherwise, or set page.enabled=false" (include "messaging-patterns.base" .)) -}}
{{- end -}}
{{- if and $page.enabled $page.scenarios.enabled -}}
{{- if not $page.writes -}}
{{- fail "page.scenarios.enabled is true, and a page that may change nothing starts none: set page.writes=true" -}}
{{- end -}}
{{- if not $page.scenarios.namespace -}}
{{- fail "page.scenarios.enabled is true, and nobody says where they run: set page.scenarios.namespace=lab, or another one of the lab's own" -}}
{{- end -}}
{{- if eq $page.scenarios.namespace .Release.Namespace -}}
{{- fail (printf "page.scenarios.namespace is %s, where the release is, and scenarios kill pods: set page.scenarios.namespace to one of the lab's own" .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
