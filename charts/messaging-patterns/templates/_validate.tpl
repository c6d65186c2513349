{{/* What the schema cannot see: values that do not go together. Each message ends with the value to set. */}}
{{- define "messaging-patterns.validate" -}}
{{- include "messaging-patterns.validateRedis" . -}}
{{- include "messaging-patterns.validateSecrets" . -}}
{{- include "messaging-patterns.validateDestinations" . -}}
{{- include "messaging-patterns.validateScaling" . -}}
{{- include "messaging-patterns.validateProportions" . -}}
{{- include "messaging-patterns.validateTelemetry" . -}}
{{- include "messaging-patterns.validatePage" . -}}
{{- end -}}

{{- define "messaging-patterns.validateRedis" -}}
{{- $external := .Values.externalRedis -}}
{{- if .Values.redis.enabled -}}
{{- if or $external.host $external.sentinel.addresses -}}
{{- fail "externalRedis names a server and the bundled one is enabled too: which one? Set redis.enabled=false, or externalRedis.host=\"\" and externalRedis.sentinel.addresses=[]" -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]" .Release.Name) -}}
{{- fail (printf "Redis' Service would be called %s, and a Service's name begins with a letter: name the release otherwise, or set redis.enabled=false" (include "messaging-patterns.redisName" .)) -}}
{{- end -}}
{{- else if eq $external.mode "sentinel" -}}
{{- if not $external.sentinel.addresses -}}
{{- fail "externalRedis.mode is sentinel and no Sentinel is named: set externalRedis.sentinel.addresses={host:26379,...}" -}}
{{- end -}}
{{- if $external.host -}}
{{- fail "externalRedis.mode is sentinel, and the Sentinels name the host: set externalRedis.host=\"\"" -}}
{{- end -}}
{{- else -}}
{{- if not $external.host -}}
{{- fail (printf "redis.enabled is false and externalRedis.mode is %s: set externalRedis.host=<name of the server>" $external.mode) -}}
{{- end -}}
{{- if $external.sentinel.addresses -}}
{{- fail (printf "externalRedis.sentinel.addresses is given and externalRedis.mode is %s: set externalRedis.mode=sentinel" $external.mode) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $external.mode "cluster") (int $external.database) -}}
{{- fail (printf "externalRedis.database is %d and a Cluster has database 0 only: set externalRedis.database=0" (int $external.database)) -}}
{{- end -}}
{{- if and $external.sentinel.passwordKey (not $external.existingSecret) -}}
{{- fail "externalRedis.sentinel.passwordKey is a key of no Secret: set externalRedis.existingSecret=<name of the Secret>" -}}
{{- end -}}
{{- if and $external.tls.clientCertificate (not $external.tls.existingSecret) -}}
{{- fail "externalRedis.tls.clientCertificate needs tls.crt and tls.key: set externalRedis.tls.existingSecret=<name of the Secret>" -}}
{{- end -}}
{{- if and (not $external.tls.enabled) (or $external.tls.existingSecret $external.tls.clientCertificate) -}}
{{- fail "externalRedis.tls is described and not enabled: set externalRedis.tls.enabled=true" -}}
{{- end -}}
{{- end -}}

{{/* Secrets that we are told of, where there is a cluster to ask: kube-root-ca.crt is in every namespace. */}}
{{- define "messaging-patterns.validateSecrets" -}}
{{- $redis := include "messaging-patterns.redis" . | fromYaml -}}
{{- $wanted := dict -}}
{{- if $redis.secretIsGiven -}}
{{- $keys := list -}}
{{- range $user := list "publisher" "subscriber" "test" -}}{{- $keys = append $keys (index $redis.users $user).passwordKey -}}{{- end -}}
{{- if .Values.subscriber.keda.enabled -}}{{- $keys = append $keys $redis.users.autoscaler.passwordKey -}}{{- end -}}
{{- if .Values.page.enabled -}}{{- $keys = append $keys $redis.users.page.passwordKey -}}{{- end -}}
{{- if .Values.redis.enabled -}}{{- $keys = concat $keys (list "autoscaler-password" "lab-password" "page-password" "page-writer-password" "operator-password") -}}{{- end -}}
{{- with ($redis.sentinel | default dict).passwordKey -}}{{- $keys = append $keys . -}}{{- end -}}
{{- $_ := set $wanted $redis.secret (uniq $keys) -}}
{{- end -}}
{{- if and $redis.tls.enabled $redis.tls.secretIsGiven -}}
{{- $keys := or .Values.redis.enabled $redis.tls.clientCertificate | ternary (list "ca.crt" "tls.crt" "tls.key") (list "ca.crt") -}}
{{- $_ := set $wanted $redis.tls.secret (concat (get $wanted $redis.tls.secret | default list) $keys) -}}
{{- end -}}
{{- if and $wanted (lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt") -}}
{{- range $name, $keys := $wanted -}}
{{- $secret := lookup "v1" "Secret" $.Release.Namespace $name -}}
{{- if not $secret -}}
{{- fail (printf "there is no Secret %s in namespace %s: make it, or set existingSecret to one that is there" $name $.Release.Namespace) -}}
{{- end -}}
{{- range $key := $keys -}}
{{- if not (hasKey ($secret.data | default dict) $key) -}}
{{- fail (printf "the Secret %s has no key %s: add it, or set existingSecret to one that has %s" $name $key (join ", " $keys)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "messaging-patterns.validateDestinations" -}}
{{- $names := include "messaging-patterns.destinations" . | fromYaml -}}
{{- $taken := dict -}}
{{- range $pattern := list "queue" "reliable-queue" "stream" -}}
{{- $name := index $names $pattern -}}
{{- $variable := printf "DESTINATION_%s" ($pattern | replace "-" "_" | upper) -}}
{{- if hasKey $taken $name -}}
{{- fail (printf "%s and %s are both %s, one key in Redis: set settings.%s to another name" (get $taken $name) $variable $name $variable) -}}
{{- end -}}
{{- $_ := set $taken $name $variable -}}
{{- end -}}
{{- if .Values.redis.enabled -}}
{{- range $pattern, $name := $names -}}
{{- $allowed := index $.Values.redis.acl.destinations (camelcase ($pattern | replace "-" "_") | untitle) -}}
{{- if ne $name $allowed -}}
{{- $key := camelcase ($pattern | replace "-" "_") | untitle -}}
{{- fail (printf "the services would use %s for %s, and Redis lets them use %s only: set redis.acl.destinations.%s=%s" $name $pattern $allowed $key $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "messaging-patterns.validateScaling" -}}
{{- $subscriber := .Values.subscriber -}}
{{- if and $subscriber.keda.enabled $subscriber.autoscaling.enabled -}}
{{- fail "subscriber.keda and subscriber.autoscaling would both scale the subscriber: set subscriber.autoscaling.enabled=false" -}}
{{- end -}}
{{- range $name := list "keda" "autoscaling" -}}
{{- $scaler := index $subscriber $name -}}
{{- if and $scaler.enabled (gt (int $scaler.minReplicas) (int $scaler.maxReplicas)) -}}
{{- fail (printf "subscriber.%s.minReplicas is %d, above maxReplicas: set subscriber.%s.maxReplicas=%d or more" $name (int $scaler.minReplicas) $name (int $scaler.minReplicas)) -}}
{{- end -}}
{{- end -}}
{{- if and $subscriber.autoscaling.enabled (not (($subscriber.resources | default dict).requests | default dict).cpu) -}}
{{- fail "subscriber.autoscaling measures a share of the CPU that is requested, and none is: set subscriber.resources.requests.cpu=50m" -}}
{{- end -}}
{{- if $subscriber.keda.enabled -}}
{{- $patterns := splitList " " (include "messaging-patterns.patterns" .) -}}
{{- $fanOut := list -}}
{{- range $patterns -}}{{- if has . (list "pubsub" "sharded-pubsub") -}}{{- $fanOut = append $fanOut . -}}{{- end -}}{{- end -}}
{{- if eq (len $fanOut) (len $patterns) -}}
{{- fail (printf "subscriber.keda counts what waits, and with %s nothing ever does: set subscriber.keda.enabled=false, or settings.PATTERN=queue" (join ", " $patterns)) -}}
{{- end -}}
{{- if and $fanOut (eq (int $subscriber.keda.minReplicas) 0) -}}
{{- fail (printf "at 0 replicas every message of %s is lost: set subscriber.keda.minReplicas=1" (join ", " $fanOut)) -}}
{{- end -}}
{{- if and (not .Values.redis.enabled) .Values.externalRedis.tls.enabled (not .Values.externalRedis.tls.verifyHost) -}}
{{- fail "KEDA checks the server's name, or nothing of the certificate at all: set externalRedis.tls.verifyHost=true, or subscriber.keda.enabled=false" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The programs refuse these too; here it shows before anything is installed. */}}
{{- define "messaging-patterns.validateProportions" -}}
{{- $settings := merge (dict) .Values.subscriber.settings .Values.publisher.settings .Values.settings -}}
{{- range $pair := list (list "BLOCK" "LEASE") (list "BLOCK" "SHUTDOWN_GRACE") (list "HANDLER_TIMEOUT" "SHUTDOWN_GRACE") (list "RETRY_DELAY" "RETRY_DELAY_MAX") -}}
{{- $low := index $pair 0 -}}{{- $high := index $pair 1 -}}
{{- $less := get $settings $low -}}{{- $more := get $settings $high -}}
{{- if and (hasKey $settings $low) (hasKey $settings $high) (not (kindIs "invalid" $less)) (not (kindIs "invalid" $more)) -}}
{{- if gt (float64 $less) (float64 $more) -}}
{{- $group := has $high (list "SHUTDOWN_GRACE") | ternary "settings" "subscriber.settings" -}}
{{- fail (printf "%s is %v, above %s, which is %v: set %s.%s=%v or more" $low $less $high $more $group $high $less) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
