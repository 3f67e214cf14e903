#!/usr/bin/env bash
# Brings along what `make test` needs beside Go, from Debian's own packages:
# a C compiler for the race detector, and the foreign programs that tests check
# ours against. It installs only as root or with sudo that asks nothing; else it
# says what is missing. It never fails: the tests do, where CI=true.
set -u

# program or file -> package
needs=(
	"gcc gcc"
	"/usr/include/stdlib.h libc6-dev"
	"/usr/sbin/sshd openssh-server"
	"ssh-keygen openssh-client"
	"/usr/lib/postgresql/*/bin/initdb postgresql"
	"xmllint libxml2-utils"
	"pdftotext poppler-utils"
	"php php-cli"
	"/usr/lib/php/*/soap.so php-soap"
	"/usr/share/perl5/SOAP/Lite.pm libsoap-lite-perl"
	"/usr/lib/python3/dist-packages/zeep python3-zeep"
	"/usr/lib/python3/dist-packages/openpyxl python3-openpyxl"
	"chromium chromium"
	"gpg gnupg"
	"age age"
	"/usr/lib/python3/dist-packages/aiosmtpd python3-aiosmtpd"
)

missing() {
	local need what package
	for need in "${needs[@]}"; do
		what=${need% *} package=${need#* }
		case $what in
		/*) compgen -G "$what" >/dev/null || printf '%s ' "$package" ;;
		*) command -v "$what" >/dev/null 2>&1 || printf '%s ' "$package" ;;
		esac
	done
}

lacking=$(missing)
[ -z "$lacking" ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
	as_root=(sudo -n)
	sudo -n true 2>/dev/null || as_root=(false)
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "${as_root[0]-}" = false ]; then
	printf '\n*** Not installed, and I may not install it: %s\n*** Tests that need it are skipped (and fail where CI=true). On Debian: sudo apt-get install %s\n\n' "$lacking" "$lacking" >&2
	exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)

# The servers are for tests, which start their own: none may start by itself.
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -e "$policy" ]; then
	trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null && "${as_root[@]}" chmod 755 "$policy"
fi

for try in 1 2 3; do
	"${apt[@]}" update >/dev/null 2>&1 && break
	echo "package lists could not be read (try $try)" >&2
done
echo "installing for the tests: $lacking"
# shellcheck disable=SC2086 # a list of words
if ! "${apt[@]}" install --no-install-recommends $lacking >"$log" 2>&1; then
	tail -n 15 "$log" >&2
	for package in $lacking; do # one that cannot be had must not keep the others away
		"${apt[@]}" install --no-install-recommends "$package" >/dev/null 2>&1
	done
fi

if [ -d /run/systemd/system ]; then
	case " $lacking" in *" openssh-server "*) "${as_root[@]}" systemctl disable --now ssh >/dev/null 2>&1 ;; esac
	case " $lacking" in *" postgresql "*) "${as_root[@]}" systemctl disable --now postgresql >/dev/null 2>&1 ;; esac
fi

lacking=$(missing)
[ -z "$lacking" ] || printf '\n*** Still not installed: %s\n*** Tests that need it are skipped (and fail where CI=true).\n\n' "$lacking" >&2
exit 0
