#!/usr/bin/env bash
# A new user's two commands in a bare Debian: nothing there but Python 3, git and make.
#
#   tests/end_to_end/bare_root.sh [make target …]      default: run run test
#
# Needs root and debootstrap. The bare system gets this machine's name resolution, own certificate authorities, proxy
# and package index settings, and nothing else of it. ROOT_DIR keeps and reuses the system in that folder;
# BARE_USER=1 runs the targets as a user who is not root; DEBIAN_SUITE chooses the release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ $EUID -ne 0 ]] || ! command -v debootstrap > /dev/null; then
    echo "bare_root: skipped: needs root and debootstrap (apt-get install debootstrap)"
    exit 0
fi

targets=("$@")
[[ $# -gt 0 ]] || targets=(run run test)
packages=python3,git,make,ca-certificates

if [[ -n "${ROOT_DIR:-}" ]]; then
    root=$ROOT_DIR
    mkdir -p "$root"
else
    root=$(mktemp -d)
    # Its own users must be able to enter it.
    chmod 755 "$root"
fi

cleanup() {
    for place in proc dev/shm dev/pts dev sys; do
        mountpoint -q "$root/$place" && umount "$root/$place"
    done
    [[ -n "${ROOT_DIR:-}" ]] || rm -rf --one-file-system "$root"
}
trap cleanup EXIT

if [[ ! -x "$root/usr/bin/python3" ]]; then
    echo "bare_root: making the bare system"
    debootstrap --variant=minbase --include="$packages" "${DEBIAN_SUITE:-bookworm}" "$root" > "$root.log" 2>&1 \
        || { tail -20 "$root.log"; exit 1; }
    rm -f "$root.log"
fi
for place in proc sys dev dev/pts dev/shm; do
    mountpoint -q "$root/$place" || mount --bind "/$place" "$root/$place"
done

# What lets it reach the package registries as this machine does.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} +
chroot "$root" update-ca-certificates > /dev/null 2>&1
settings=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY \
    PIP_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX; do
    [[ -z "${!name:-}" ]] || settings+=("$name=${!name}")
done

# The checkout as a clone would have it: what git tracks or would track.
user=root
[[ -z "${BARE_USER:-}" ]] || user=bare
chroot "$root" id "$user" > /dev/null 2>&1 || chroot "$root" useradd --create-home "$user"
home=$(chroot "$root" getent passwd "$user" | cut -d: -f6)
rm -rf "${root:?}$home/tallyhouse"
mkdir -p "$root$home/tallyhouse"
git ls-files -z --cached --others --exclude-standard --deduplicate \
    | { while IFS= read -r -d '' file; do [[ -e "$file" ]] && printf '%s\0' "$file"; done; true; } \
    | tar --null --files-from=- -cf - | tar -xf - -C "$root$home/tallyhouse" --no-same-owner
chroot "$root" git -C "$home/tallyhouse" -c init.defaultBranch=main init --quiet
chroot "$root" chown -R "$user:" "$home"

for target in "${targets[@]}"; do
    echo "bare_root: make $target as $user"
    before=$SECONDS
    chroot --userspec="$user" "$root" /usr/bin/env -i HOME="$home" PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 "${settings[@]}" make -C "$home/tallyhouse" --no-print-directory "$target"
    echo "bare_root: make $target took $((SECONDS - before)) s"
done
