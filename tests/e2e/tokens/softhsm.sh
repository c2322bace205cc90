# SoftHSM: keys in files, in this process.
# shellcheck shell=bash disable=SC2034
NEEDS=(softhsm2-util)
TYPES=(rsa:2048 rsa:3072 ec:P-256 ec:P-384 ec:P-521)
MODULE=$(p11_module)

token_up() {
	token_make
	ENVIRONMENT=("SOFTHSM2_CONF=$SOFTHSM2_CONF")
}
