package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"time"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// clockSlack is how far ahead the clock of who signs may be.
const clockSlack = time.Hour

// OpenPGP is how files arrive with OpenPGP.
type OpenPGP struct {
	Key        string   // private key, armored or not; "": files are signed and not encrypted
	Passphrase string   // that opens Key, "" when it needs none
	SignedBy   []string // public keys of those who may sign
	Optional   bool     // a file without any signature will do; a wrong one never does
}

// Seal opens files that are encrypted for the key, armored or not, and checks who
// signed them, at the moment at which they came in. A signature beside the file is
// not looked for.
func (o OpenPGP) Seal() (*Seal, error) {
	senders, err := crypto.NewKeyRing(nil)
	if err != nil {
		return nil, fmt.Errorf("make a key ring: %w", err)
	}
	for i, text := range o.SignedBy {
		key, err := readKey(text)
		if err == nil && key.IsPrivate() {
			key, err = key.ToPublic()
		}
		if err == nil {
			err = senders.AddKey(key)
		}
		if err != nil {
			return nil, fmt.Errorf("signed_by[%d] is not an OpenPGP public key", i)
		}
	}
	if o.Key == "" {
		return o.verifying(senders), nil
	}
	locked, err := readKey(o.Key)
	if err != nil || !locked.IsPrivate() {
		return nil, errors.New("key is not an OpenPGP private key")
	}
	if isLocked, err := locked.IsLocked(); err != nil || isLocked == (o.Passphrase == "") {
		if isLocked {
			return nil, errors.New("key needs a passphrase")
		}
		return nil, errors.New("passphrase has no meaning: the key needs none")
	}
	own := locked
	if o.Passphrase != "" {
		if own, err = locked.Unlock([]byte(o.Passphrase)); err != nil {
			return nil, errors.New("the passphrase does not open the key")
		}
	}
	return o.decrypting(own, senders), nil
}

func readKey(text string) (*crypto.Key, error) {
	if bytes.HasPrefix(bytes.TrimSpace([]byte(text)), []byte("-----BEGIN PGP")) {
		return crypto.NewKeyFromArmored(text)
	}
	return crypto.NewKey([]byte(text))
}

func (o OpenPGP) decrypting(own *crypto.Key, senders *crypto.KeyRing) *Seal {
	return &Seal{open: func(r *bufio.Reader, at time.Time) (*opened, error) {
		if !isOpenPGP(r) {
			return nil, sealAbsent("OpenPGP")
		}
		h, err := crypto.PGP().Decryption().DecryptionKey(own).VerificationKeys(senders).
			VerifyTime(at.Add(clockSlack).Unix()).MaxDecompressedMessageSize(maxUnsealed).
			DisableAutomaticTextSanitize().DisableIntendedRecipients().
			RetrieveSessionKey().New()
		if err != nil {
			return nil, fmt.Errorf("open with OpenPGP: %w", err)
		}
		plain, err := h.DecryptingReader(r, crypto.Auto)
		switch {
		case errors.Is(err, pgperrors.ErrKeyIncorrect):
			return nil, sealOtherKey()
		case err != nil:
			return nil, sealBroken()
		case plain.SessionKey() == nil: // signed only: the library lets that pass
			return nil, sealAbsent("OpenPGP")
		}
		return o.checked(plain), nil
	}}
}

func (o OpenPGP) verifying(senders *crypto.KeyRing) *Seal {
	return &Seal{open: func(r *bufio.Reader, at time.Time) (*opened, error) {
		if !isOpenPGP(r) {
			return nil, sealWrong("niet-ondertekend", "Dit bestand is niet met OpenPGP ondertekend, terwijl dat is afgesproken.",
				"Onderteken het (gpg --sign) met de afgesproken sleutel en lever het opnieuw aan.")
		}
		h, err := crypto.PGP().Verify().VerificationKeys(senders).VerifyTime(at.Add(clockSlack).Unix()).
			MaxDecompressedMessageSize(maxUnsealed).DisableAutomaticTextSanitize().New()
		if err != nil {
			return nil, fmt.Errorf("check with OpenPGP: %w", err)
		}
		plain, err := h.VerifyingReader(nil, r, crypto.Auto)
		if err != nil {
			return nil, sealBroken()
		}
		return o.checked(plain), nil
	}}
}

// isOpenPGP reports whether what follows begins as OpenPGP does, armored or not.
func isOpenPGP(r *bufio.Reader) bool {
	head, _ := r.Peek(len("-----BEGIN PGP MESSAGE"))
	if bytes.Equal(head, []byte("-----BEGIN PGP MESSAGE")) {
		return true
	}
	if len(head) == 0 || head[0]&0x80 == 0 {
		return false
	}
	tag := head[0] & 0x3f
	if head[0]&0x40 == 0 {
		tag >>= 2
	}
	switch tag { // keys of a session, encrypted data, compressed data, signatures, a marker
	case 1, 3, 4, 8, 9, 10, 18, 20:
		return true
	}
	return false
}

// checked is the plain text, with what its signatures say at the end.
func (o OpenPGP) checked(plain *crypto.VerifyDataReader) *opened {
	return &opened{plain, func() error {
		result, err := plain.VerifySignature()
		if err != nil {
			return sealBroken()
		}
		wrong := result.SignatureErrorExplicit()
		switch {
		case wrong == nil:
			return nil
		case wrong.Status == constants.SIGNATURE_NOT_SIGNED && o.Optional:
			return nil
		case wrong.Status == constants.SIGNATURE_NOT_SIGNED:
			return sealWrong("niet-ondertekend", "Dit bestand is niet ondertekend, terwijl dat is afgesproken; er is niets van gebruikt.",
				"Onderteken het bij het versleutelen (gpg --sign --encrypt) en lever het opnieuw aan.")
		case wrong.Status == constants.SIGNATURE_NO_VERIFIER && o.Optional && len(o.SignedBy) == 0:
			return nil
		case wrong.Status == constants.SIGNATURE_NO_VERIFIER:
			return sealWrong("onbekende-ondertekening", "Dit bestand is ondertekend met een sleutel die hier niet bekend is; er is niets van gebruikt.",
				"Onderteken het met de afgesproken sleutel, of geef de beheerder eerst uw nieuwe publieke sleutel.")
		}
		return sealWrong("ondertekening-ongeldig", "De ondertekening van dit bestand klopt niet: het is veranderd, of de sleutel was verlopen of ingetrokken; er is niets van gebruikt.",
			"Onderteken het opnieuw met een geldige sleutel en lever het opnieuw aan.")
	}}
}
