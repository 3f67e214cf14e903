package main

import (
	"fmt"

	"loket-etl/config"
	"loket-etl/formats"
)

// seal is what opens the files of a pipeline, nil when they are not encrypted.
func seal(p config.Pipeline) (*formats.Seal, error) {
	switch d := p.Decrypt; {
	case d == nil:
		return nil, nil
	case d.Age != nil:
		return formats.AgeSeal(d.Age.Identity.Reveal())
	case d.OpenPGP != nil:
		o := formats.OpenPGP{
			Key: d.OpenPGP.Key.Reveal(), Passphrase: d.OpenPGP.Passphrase.Reveal(),
			Optional: d.OpenPGP.Signature == config.SignatureOptional,
		}
		for _, k := range d.OpenPGP.SignedBy {
			o.SignedBy = append(o.SignedBy, k.Text)
		}
		return o.Seal()
	}
	return nil, nil
}

// sealOf is seal with the place of the keys in the configuration.
func sealOf(c *config.Config, i int) (*formats.Seal, error) {
	s, err := seal(c.Pipelines[i])
	if err != nil {
		return nil, fmt.Errorf("pipelines[%d].decrypt: %w", i, err)
	}
	return s, nil
}
