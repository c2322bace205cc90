#!/bin/bash
# install.sh [--sample N] [--swaps N]: the crash sweep of install targets. A deployment of a new
# generation is run once untroubled to count the points at which it may be killed (crashat.c), then
# once for each point, or for N of them evenly spread: killed there, then `recover` as at boot.
# Whatever the point, all files are of one generation, the live one, and a run brings the new one.
# Then N deployments, 1000 without it, under readers that open what servers open: none may ever miss
# a file or see a key with another certificate. BUILD_DIR is the build directory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

CRASHAT=$BUILD/tests/fault/crashat
SAMPLE=0
SWAPS=1000
while [ "$#" -gt 0 ]; do
	case $1 in
	--sample) SAMPLE=$2 && shift 2 ;;
	--swaps) SWAPS=$2 && shift 2 ;;
	*) say "usage: $0 [--sample N] [--swaps N]" >&2 && exit 2 ;;
	esac
done
D=$T/etc
mkdir -p "$D"

# target FILE FORMAT [LINE...]
target() {
	{
		printf '\n[install:%s]\ncertificate = www\nformat = %s\npath = %s\n' "$1" "$2" "$D/$1"
		printf '%s\n' "${@:3}"
	} >>"$T/agent.ini"
}

# all_live: every target is of the live generation
all_live() {
	local live public

	live=$(live www)
	public=$(openssl pkey -in "$live/privkey.pem" -pubout)
	cmp -s "$D/cert.pem" "$live/cert.pem" && cmp -s "$D/key.pem" "$live/privkey.pem" &&
		cat "$live/fullchain.pem" "$live/privkey.pem" | cmp -s - "$D/all.pem" &&
		[ "$(openssl pkcs12 -in "$D/www.p12" -passin "file:$T/store.pw" -nocerts -nodes 2>/dev/null |
			openssl pkey -pubout)" = "$public" ] && pair_matches www
}

clean() {
	[ -z "$(find "$D" -name '.*.scm-agent')" ] && [ ! -e "$T/state/archive/www/installing" ]
}

crash() {
	RC=0
	"$CRASHAT" "$@" -o "$T/points" -- "$AGENT" -c "$T/agent.ini" run www >"$T/out" 2>"$T/err" </dev/null ||
		RC=$?
}

# scene: the second generation is complete, and the first one live
scene() {
	rm -rf "$T/state" "$D"
	cp -a "$T/state.before" "$T/state"
	cp -a "$T/etc.before" "$D"
}

judge() {
	expect 0 recover
	all_live || fail "$*: after recover the files are not those of the live generation"
	clean || fail "$*: recover left something"
	expect 0 run www
	[ "$(basename "$(readlink "$(live www)")")" = 000002 ] || fail "$*: a run does not deploy it"
	all_live || fail "$*: after the run the files are not those of the live generation"
	clean || fail "$*: the run left something"
	DONE=$((DONE + 1))
}

sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
export ORG
login_make host01
(umask 077 && echo changeit >"$T/store.pw")
conf_head 'login = host01' "client_cert_key_store = $T/host01.p12" \
	"client_cert_key_store_password_file = $T/store.pass"
sed -i '/^\[token:web\]/,/^$/d' "$T/agent.ini"
conf_cert www "deploy_hooks = $T/hook"
target key.pem pem-key
target cert.pem pem-cert
target all.pem pem-combined
target www.p12 pkcs12 "password_file = $T/store.pw"
printf '#!/bin/sh\n! [ -e "%s/broken" ]\n' "$T" >"$T/hook"
chmod 755 "$T/hook"
expect 0 run
touch "$T/broken"
expect 10 run --force
rm "$T/broken"
all_live || fail "rolled back, but not the files"
sim_stop
cp -a "$T/state" "$T/state.before"
cp -a "$D" "$T/etc.before"

DONE=0
crash --count
[ "$RC" = 0 ] || fail "crashat has status $RC"
n=$(sed -n 's/ points$//p' "$T/out")
step=1
[ "$SAMPLE" = 0 ] || [ "$n" -le "$SAMPLE" ] || step=$((n / SAMPLE))
say "$n points, each ${step}th"
for ((k = 1; k <= n; k += step)); do
	for mode in entry exit half; do
		scene
		crash --at "$k" --mode "$mode"
		case $RC in
		0 | 3) judge "$k $mode" ;;
		4) ;;
		*) fail "$k $mode: crashat has status $RC" ;;
		esac
	done
done
say "$DONE crashes: all files of one generation in each, after recover and after the run"
[ "$DONE" -gt 0 ] || fail "nothing was crashed"

# Readers as servers are: one directory opened through the link, key and certificate from that; and
# one file with both. perl, because a shell is too slow to meet a switch.
scene
expect 0 run www
# shellcheck disable=SC2016 # for perl to expand
read_all='
	use strict; use Digest::SHA qw(sha256_hex);
	my ($live, $d, $stop, @pairs) = @ARGV;
	my %fits = map { $_ => 1 } @pairs;
	my ($reads, $missing, $mismatch, $apart) = (0) x 4;
	sub slurp { open(my $f, "<", $_[0]) or do { $missing++; return "" }; local $/; my $c = <$f>; $c }
	until (-e $stop) {
		my $gen = readlink($live) or do { $missing++; next };
		chdir($live) or do { $missing++; next };
		$mismatch++ unless $fits{sha256_hex(slurp("cert.pem") . slurp("privkey.pem"))};
		my $all = slurp("$d/all.pem");
		$mismatch++ unless $fits{sha256_hex($all)};
		$apart++ unless $fits{sha256_hex(slurp("$d/cert.pem") . slurp("$d/key.pem"))};
		$reads++;
	}
	print "$reads $missing $mismatch $apart\n";'
pairs=()
for generation in 000001 000002; do
	g=$T/state/archive/www/$generation
	pairs+=("$(cat "$g/cert.pem" "$g/privkey.pem" | sha256sum | cut -d' ' -f1)")
	pairs+=("$(cat "$g/fullchain.pem" "$g/privkey.pem" | sha256sum | cut -d' ' -f1)")
done
perl -e "$read_all" "$(live www)" "$D" "$T/stop" "${pairs[@]}" >"$T/reads" &
reader=$!
PIDS+=("$reader")
for ((i = 0; i < SWAPS; i += 2)); do
	expect 0 rollback www 000001
	expect 0 deploy www
done
touch "$T/stop"
wait "$reader"
read -r reads missing mismatch apart <"$T/reads"
say "$SWAPS swaps, $reads reads: $missing missing files, $mismatch mismatches;" \
	"of two separate paths $apart were read across a swap"
[ "$reads" -gt 0 ] || fail "the reader read nothing"
[ "$missing$mismatch" = 00 ] || fail "a reader met a switch"
all_live || fail "after the swaps"
