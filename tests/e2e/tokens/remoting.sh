# SoftHSM behind p11-kit's remoting: the module is a client of a process that has the token.
# shellcheck shell=bash disable=SC2034
NEEDS=(softhsm2-util p11-kit)
TYPES=(rsa:2048 ec:P-256)
MODULE=$(find /usr/lib -name p11-kit-client.so 2>/dev/null | head -n 1)

token_up() {
	token_make
	p11-kit server -f -n "$T/p11.sock" --provider "$(p11_module)" 'pkcs11:token=web' >"$T/server.out" 2>&1 &
	PIDS+=($!)
	wait_for 20 test -S "$T/p11.sock"
	ENVIRONMENT=("P11_KIT_SERVER_ADDRESS=unix:path=$T/p11.sock")
}
