#!/usr/bin/env bash
# Installs the programs the tests run against: the real snmpd, Prometheus, Chromium and so on.
#
# Only what is missing, and only where apt-get may be used: as root, or with sudo that asks for no password.
# Elsewhere it says what is missing and the tests that need it are skipped; with PHUSONG_NO_SKIP=1 that is an
# error here already. No service is started and none is left enabled: the tests start their own on loopback ports.
set -eu
PATH=$PATH:/usr/sbin:/sbin

# What must be there (a program, or a file when it starts with /) and the Debian package that brings it.
# libatomic is for the node that drives Chromium in playwright.
tools='
snmpd                                             snmpd
snmpget                                           snmp
prometheus                                        prometheus
promtool                                          prometheus
prometheus-alertmanager                           prometheus-alertmanager
amtool                                            prometheus-alertmanager
prometheus-snmp-exporter                          prometheus-snmp-exporter
chromium                                          chromium
systemd-analyze                                   systemd
openssl                                           openssl
sipp                                              sip-tester
rsyslogd                                          rsyslog
/usr/lib/*/rsyslog/lmnsd_ossl.so                  rsyslog-openssl
/usr/lib/*/libatomic.so.1                         libatomic1
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf   fonts-dejavu-core
/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf fonts-noto-core
'

missing_packages() {
    while read -r tool package; do
        [ -z "$tool" ] || command -v "$tool" >/dev/null || compgen -G "$tool" >/dev/null || echo "$package"
    done <<<"$tools" | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

# Debian starts a daemon as soon as it is installed, unless this file tells it not to.
forbid_starting_services() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] && return
    trap 'as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}

install_packages() {
    echo "Installing with apt-get: $*"
    log=$(mktemp)
    forbid_starting_services
    if ! { apt_get update && apt_get install --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
    fi
    rm -f "$log"
    for service in "$@"; do
        as_root systemctl --quiet disable "$service" >/dev/null 2>&1 || true # most packages are no service
    done
}

missing=$(missing_packages)
if [ -n "$missing" ] && may_install; then
    # shellcheck disable=SC2086 # the list is split into words on purpose
    install_packages $missing
    missing=$(missing_packages)
fi
if [ -n "$missing" ]; then
    echo "Missing for the tests (apt-get failed, is not there or may not be used): $missing" >&2
    [ "${PHUSONG_NO_SKIP:-}" != 1 ] || exit 1
fi
