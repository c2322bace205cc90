# opencryptoki's software token. Its daemon and its files have fixed places on the system, so all of this
# runs in namespaces of its own, with other files in these places. It really counts wrong PINs.
# shellcheck shell=bash disable=SC2034
NEEDS=(pkcsslotd pkcsconf)
TYPES=(rsa:2048 ec:P-256)
MODULE=$(find /usr/lib -path '*/pkcs11/libopencryptoki.so' 2>/dev/null | head -n 1)

if [ -z "${OPENCRYPTOKI_WORLD:-}" ]; then
	own=(unshare --mount --pid --ipc --fork --kill-child --mount-proc)
	"${own[@]}" true 2>/dev/null || { say "SKIPPED: no namespaces here" >&2 && exit 77; }
	RC=0
	OPENCRYPTOKI_WORLD=$T "${own[@]}" "$0" "$MODULE_NAME" || RC=$?
	exit "$RC"
fi

token_up() {
	local file
	mkdir "$T/var"
	cp -a /var/lib/opencryptoki/. "$T/var"
	printf 'version opencryptoki-3.8\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n' >"$T/opencryptoki.conf"
	mount --bind "$T/var" /var/lib/opencryptoki
	mount --bind "$T/opencryptoki.conf" /etc/opencryptoki/opencryptoki.conf
	mount -t tmpfs none /dev/shm
	mount -t tmpfs none /run
	mkdir -p /run/lock/opencryptoki/swtok
	pkcsslotd
	wait_for 20 test -S /run/pkcsslotd.socket
	{
		pkcsconf -c 3 -I -S 87654321 <<<web
		pkcsconf -c 3 -P -S 87654321 -n 76543210
		pkcsconf -c 3 -u -S 76543210 -n "$PIN"
	} >"$T/pkcsconf.log" 2>&1
}

# The token shows its counter by flags: three wrong PINs lock it.
wrong_pins() {
	case $(pkcsconf -t -c 3) in
	*USER_PIN_LOCKED*) say 3 ;;
	*USER_PIN_FINAL_TRY*) say 2 ;;
	*USER_PIN_COUNT_LOW*) say 1 ;;
	*) say 0 ;;
	esac
}

token_story() {
	one_attempt

	say "one attempt before the lock: none is made, not even with the right PIN"
	wrong_by_hand 2
	expect 4 key probe
	grep -q 'one more wrong PIN would lock the token' "$T/out" || fail "not said: $(cat "$T/out")"
	counted 2

	say "locked"
	wrong_by_hand 1
	expect 4 key probe
	grep -q 'the PIN is locked' "$T/out" || fail "not said: $(cat "$T/out")"
	expect 4 run --force rsa2048
	expect_error 'the PIN is locked'
	counted 3
}
