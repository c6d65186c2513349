# Asks the server as its operator: sh /etc/redis/cli.sh LLEN message_queue
REDISCLI_AUTH=$(cat /run/secrets/redis/operator-password)
VALKEYCLI_AUTH=$REDISCLI_AUTH
export REDISCLI_AUTH VALKEYCLI_AUTH
cli=$(command -v valkey-cli || command -v redis-cli)
[ ! -e /run/secrets/redis-tls/ca.crt ] || set -- --tls --cacert /run/secrets/redis-tls/ca.crt "$@"
exec "$cli" -h localhost --user operator -e "$@"
