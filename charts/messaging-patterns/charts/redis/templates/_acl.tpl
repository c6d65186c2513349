{{/* Who may do what, a line each: name and rules, as ACL SETUSER takes them. start.sh adds the passwords. The publisher's
     and the subscriber's are docs/protocol.md's, for every pattern, so that PATTERN can change without Redis; a test
     compares them. */}}
{{- define "redis.acl" -}}
{{- $d := .Values.acl.destinations -}}
{{- $reliable := include "redis.beside" $d.reliableQueue -}}
publisher {{ template "redis.publisherCommands" }} &{{ $d.pubsub }} &{{ $d.shardedPubsub }} %W~{{ $d.queue }} %W~{{ $d.reliableQueue }} %R~{{ $reliable }}:* ~{{ $d.stream }}
subscriber {{ template "redis.subscriberCommands" }} &{{ $d.pubsub }} &{{ $d.shardedPubsub }} ~{{ $d.queue }} ~dead_letters:{{ include "redis.beside" $d.queue }} ~{{ $d.reliableQueue }} ~{{ $reliable }}:* ~dead_letters:{{ $reliable }} ~{{ $d.stream }} ~dead_letters:{{ include "redis.beside" $d.stream }}
test {{ template "redis.publisherCommands" }} {{ template "redis.subscriberCommands" }} +unlink &test:* ~test:* ~dead_letters:test:*
lab {{ template "redis.publisherCommands" }} {{ template "redis.subscriberCommands" }} +unlink +exists +hvals +info &lab:* ~lab:* ~dead_letters:lab:* +xlen +xpending {{ include "redis.queues" (dict "destinations" $d "prefix" "%R~") }}
autoscaler +ping +info +eval +type +llen +zcard +xlen +xpending +xinfo|groups {{ include "redis.queues" (dict "destinations" $d "prefix" "~") }}
page {{ template "redis.pageCommands" }} {{ include "redis.deadLetters" (dict "destinations" $d "prefix" "%R~") }}
page-writer {{ template "redis.pageCommands" }} {{ include "redis.deadLetters" (dict "destinations" $d "prefix" "%R~") }} (+eval{{ range list $d.queue $d.reliableQueue $d.stream }} ~{{ . }}{{ end }} {{ include "redis.deadLetters" (dict "destinations" $d "prefix" "~") }}) (+rpush %W~{{ $d.queue }} %W~{{ $d.reliableQueue }}) (+xadd %W~{{ $d.stream }}) (+xdel {{ include "redis.deadLetters" (dict "destinations" $d "prefix" "%W~") }})
operator +@all ~* &*
{{- end -}}

{{- define "redis.publisherCommands" -}}
+client|setname +publish +spublish +type +llen +rpush +zcard +xgroup|create +xadd +xlen +xinfo|groups +wait +waitaof
{{- end -}}

{{/* start.sh leaves out XACKDEL and WAITAOF where the server does not have them. */}}
{{- define "redis.subscriberCommands" -}}
+client|setname +ping +type +llen +zcard +subscribe +unsubscribe +ssubscribe +sunsubscribe +blmpop +lpush +xadd +blmove +script|load +evalsha +eval +time +lrange +ltrim +hget +hset +hdel +zadd +zrange +zrem +xgroup|create +xinfo|groups +xinfo|consumers +xgroup|delconsumer +command|docs +xlen +xreadgroup +xautoclaim +xclaim +xpending +xrange +xrevrange +xack +xtrim +xdel +xackdel
{{- end -}}

{{/* The keys of which one reads how much waits and what is in flight; takes (destinations, prefix). The autoscaler may do
     no command that writes, but EVAL, with which KEDA reads, asks for the right to write its keys too. */}}
{{- define "redis.queues" -}}
{{- $reliable := include "redis.beside" .destinations.reliableQueue -}}
{{- .prefix }}{{ .destinations.queue }} {{ .prefix }}{{ .destinations.reliableQueue }} {{ .prefix }}{{ $reliable }}:woken {{ .prefix }}{{ $reliable }}:leases {{ .prefix }}{{ .destinations.stream }}
{{- end -}}

{{/* The live page's; each further right of page-writer is a selector with keys of its own, so that it can neither read a
     queue nor delete from a stream. */}}
{{- define "redis.pageCommands" -}}
+client|setname +xrange +xrevrange +xlen
{{- end -}}

{{/* The dead letters' keys; takes (destinations, prefix). */}}
{{- define "redis.deadLetters" -}}
{{- $keys := list -}}
{{- range list .destinations.queue .destinations.reliableQueue .destinations.stream -}}
{{- $keys = append $keys (printf "%sdead_letters:%s" $.prefix (include "redis.beside" .)) -}}
{{- end -}}
{{- join " " $keys -}}
{{- end -}}

{{/* The destination as helper keys begin with it: in a hash tag, unless it has one. */}}
{{- define "redis.beside" -}}
{{- if regexMatch "^[^{]*\\{[^}]+\\}" . -}}{{ . }}{{- else -}}{{ printf "{%s}" . }}{{- end -}}
{{- end -}}
