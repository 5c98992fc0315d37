#!/usr/bin/env bash
# Installs the servers and tools of the system that the full test suite and the benchmarks use (Debian, Ubuntu).
# What is there already is left alone; asks no questions.
set -euo pipefail

# What shows that a package is there, and the package: a program in PATH, or a file.
needed=(
  "/usr/lib/postgresql/*/bin/postgres:postgresql"
  "psql:postgresql-client"
  "redis-server:redis-server"
  "haproxy:haproxy"
  "nginx:nginx-light"
  "/usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream"
  "wrk:wrk"
  "curl:curl"
  "git:git"
  "/usr/lib/git-core/git-http-backend:git"
  "chromium:chromium"
  "python3:python3"
  "ps:procps"
)

present() {
  if [[ $1 == /* ]]; then
    compgen -G "$1" >/dev/null
  else
    # Servers live in /usr/sbin, which is not in everybody's PATH.
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null
  fi
}

missing=()
for entry in "${needed[@]}"; do
  present "${entry%:*}" || missing+=("${entry##*:}")
done
if ((${#missing[@]} == 0)); then
  echo "Everything needed is installed."
  exit 0
fi

echo "Installing: ${missing[*]}"
as_root=()
((EUID == 0)) || as_root=(sudo -n)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update
"${as_root[@]}" apt-get install --yes --no-install-recommends "${missing[@]}"
