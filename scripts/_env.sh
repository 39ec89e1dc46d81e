# Sourced by the other scripts: makes .venv beside them and keeps it as the lock says.
#
# After `prepare run` or `prepare test`, $python is the environment's interpreter.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$root/.venv/bin/python

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

# install_debian PACKAGE...: installs them where that is possible.
install_debian() {
    command -v apt-get >/dev/null || return 1
    say "installing $* with apt-get"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
    local name
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# prepare run|test|node|simulate|docs: makes the environment hold what the file of that name in requirements/ lists.
prepare() {
    local lock=$root/requirements/$1.txt base
    mkdir -p "$root/.venv"
    exec 9>"$root/.venv/.lock"
    if command -v flock >/dev/null; then flock 9; fi
    local want have
    want=$(cat "$lock" "$root/pyproject.toml" | sha256sum)
    have=$(cat "$root/.venv/.holds-$1" 2>/dev/null || true)
    if [ "$want" != "$have" ] || ! "$python" -c '' 2>/dev/null; then
        base=$(find_python) || {
            install_debian python3 && base=$(find_python)
        } || { echo "nearby needs Python 3.11 or newer; install it and run this again" >&2; exit 1; }
        if ! "$python" -m pip --version >/dev/null 2>&1; then
            say "making an environment in .venv"
            "$base" -m venv --upgrade "$root/.venv" >/dev/null 2>&1 && "$python" -m pip --version >/dev/null 2>&1 ||
                { install_debian python3-venv && "$base" -m venv --clear "$root/.venv"; } ||
                { echo "python3-venv is missing; install it and run this again" >&2; exit 1; }
        fi
        say "installing what requirements/$1.txt lists"
        "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$root"
        printf '%s\n' "$want" >"$root/.venv/.holds-$1"
    fi
    exec 9>&-
}
