# Once per terminal: sign requests. The key of the MAC is the base64 text of the access key.
signed() {
  ts=$(date +%s)000
  key=$(printf %s {{accessKey}} | base64)
  mac=$(printf %s "$ts" | openssl dgst -sha256 -hmac "$key" -binary | base64)
  curl -sS -H {{developerKeyHeader}} \
    -H "secret-key: $mac" -H "secret-key-timestamp: $ts" "$@"
}

# Send an OTP, for one payout: the SMS says which.
signed -X POST {{sendUrl}} -H 'content-type: application/json' \
  -d {{sendBody}}; echo

# Read the SMS, which the sandbox keeps instead of sending it.
curl -sS {{inboxUrl}}; echo
otp=$(curl -sS {{inboxUrl}} | grep -Eo '[0-9]{6} is the OTP' | head -n 1 | cut -c 1-6); echo "$otp"

# Verify it. The answer holds the token; the OTP is used up.
verified=$(signed -X PUT {{verifyUrl}} -H 'content-type: application/json' \
  -d '{"initiator_id":"{{initiatorId}}","otp":"'"$otp"'","mobile":"{{mobile}}"}'); echo "$verified"
token=$(printf %s "$verified" | sed -E 's/.*"otp_verification_token":"([^"]*)".*/\1/')

# Ask whether the token is valid. That uses nothing up: ask as often as you like for five minutes.
signed -G {{validateUrl}} \
  --data-urlencode 'initiator_id={{initiatorId}}' \
  --data-urlencode "otp_verification_token=$token"; echo

# Pay. One payout spends the token: run a line twice, and the second answer is a refusal.
curl -sS -i -X POST {{payoutUrl}} -H "otp-verification-token: $token" \
  -H 'content-type: application/json' -d {{payout}}; echo
