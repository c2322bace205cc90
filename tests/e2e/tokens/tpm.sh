# A TPM 2.0: swtpm, tpm2-abrmd on a bus of its own, tpm2-pkcs11. The store is a SQLite database; keys
# are blobs in it that this TPM alone can use.
# shellcheck shell=bash disable=SC2034
NEEDS=(swtpm tpm2-abrmd tpm2_ptool dbus-daemon tpm2_getcap)
TYPES=(rsa:2048 ec:P-256 ec:P-521)
MODULE=$(find /usr/lib -path '*/pkcs11/libtpm2_pkcs11.so' 2>/dev/null | head -n 1)

# swtpm takes the port after this one as well
tpm_port() {
	local port
	while port=$(free_port) && (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; do :; done
	say "$port"
}

token_up() {
	local port
	port=$(tpm_port)
	mkdir -p "$T/tpm" "$T/store"
	swtpm socket --tpm2 --tpmstate dir="$T/tpm" --flags not-need-init,startup-clear \
		--server type=tcp,port="$port",bindaddr=127.0.0.1 \
		--ctrl type=tcp,port=$((port + 1)),bindaddr=127.0.0.1 >"$T/swtpm.log" 2>&1 &
	PIDS+=($!)
	dbus-daemon --session --nofork --address="unix:path=$T/bus" >"$T/bus.log" 2>&1 &
	PIDS+=($!)
	wait_for 20 test -S "$T/bus"
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$T/bus
	tpm2-abrmd --session --allow-root --flush-all --tcti="swtpm:host=127.0.0.1,port=$port" \
		>"$T/abrmd.log" 2>&1 &
	PIDS=($! "${PIDS[@]}")
	export TPM2TOOLS_TCTI=tabrmd:bus_type=session
	wait_for 20 tpm2_getcap properties-variable
	ENVIRONMENT=("DBUS_SESSION_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS" "TPM2_PKCS11_TCTI=$TPM2TOOLS_TCTI"
		"TPM2_PKCS11_STORE=$T/store" TSS2_LOG=all+NONE)
	env "${ENVIRONMENT[@]}" tpm2_ptool init --path "$T/store" >"$T/ptool.log" 2>&1
	env "${ENVIRONMENT[@]}" tpm2_ptool addtoken --pid=1 --label=web --sopin=87654321 --userpin="$PIN" \
		--path "$T/store" >>"$T/ptool.log" 2>&1
}

wrong_pins() {
	say $(($(tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: //p')))
}

token_story() {
	one_attempt

	say "locked by others: said, not counted on, and over when the TPM is"
	wrong_by_hand 2
	for ((i = 0; i < 3; i++)); do
		expect 4 key probe
		grep -q 'the PIN is locked.*later runs look again' "$T/out" || fail "not said: $(cat "$T/out")"
	done
	counted 3
	tpm2_dictionarylockout --clear-lockout
	expect 0 key probe rsa2048
}
