# Starts the server, Redis or Valkey, with users whose passwords are those of the mounted Secret.
set -eu
umask 077
server=$(command -v valkey-server || command -v redis-server)
cli=$(command -v valkey-cli || command -v redis-cli)
run=/run/redis
secrets=/run/secrets/redis

# A rule that names a command which the server does not have would end it: ask a server of the moment.
"$server" --port 0 --unixsocket "$run/asked" --dir "$run" --save '' --appendonly no >/dev/null &
tries=0
until "$cli" -s "$run/asked" PING >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 200 ] || { echo "redis: $server does not start" >&2; exit 1; }
  sleep 0.05
done
without=''
for command in xackdel waitaof; do # Redis 8.2, and Redis 7.2 or Valkey
  [ -n "$("$cli" -s "$run/asked" COMMAND DOCS $command)" ] || without="$without;s/ +$command//g"
done
"$cli" -s "$run/asked" SHUTDOWN NOSAVE 2>/dev/null || true
wait

{
  # Nobody can log in as the default user. It has every right all the same: the server reads its append-only file as
  # this user, and would leave out what a script had done (seen on Redis 8.0).
  echo "user default off ~* &* +@all"
  while read -r user rules; do
    [ -s "$secrets/$user-password" ] || { echo "redis: the Secret has no $user-password" >&2; exit 1; }
    hash=$(tr -d '\r\n' <"$secrets/$user-password" | sha256sum | cut -d ' ' -f 1)
    echo "user $user on #$hash $rules"
  done </etc/redis/users
} | sed "$without" >"$run/users.acl"
[ "$(wc -l <"$run/users.acl")" -gt "$(wc -l </etc/redis/users)" ] # a loop that broke off above has said why

exec "$server" /etc/redis/redis.conf
