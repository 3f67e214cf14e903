package loket

import (
	"context"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// PersoonWijzigenAdresGegevens changes the addresses of a person; at least one is
// given, and an emptied postal address takes it away (Persoon, overwrite; Select
// Persoon shows the outcome). Faults: 1004, 2002, 3001 to 3003. Source:
// specification, Webservice 8; contract C6.
func (c *Client) PersoonWijzigenAdresGegevens(ctx context.Context, persoon string, adres Maybe[Adres], post Maybe[Postadres]) ([]Melding, error) {
	return c.change(ctx, "Persoon.WijzigenAdresGegevens", adresArgs(persoon, adres, post))
}

// WijzigenBurgerlijkeStaat changes the civil status of a person, a code of the
// table BurgerlijkeStaat, from a day on when that is not 0 (Persoon, overwrite;
// Select Persoon shows the outcome). Faults: 1004, 2002, 3002, 3003. Source:
// specification, Webservice 8; contract C6, E2.
func (c *Client) WijzigenBurgerlijkeStaat(ctx context.Context, persoon, code string, from payroll.Date) ([]Melding, error) {
	args := map[string]any{"DataIdentity": persoon, "BurgerlijkeStaat": code}
	if from != 0 {
		args["IngangsDatum"] = from
	}
	return c.change(ctx, "WijzigenBurgerlijkeStaat", args)
}

// WijzigenDatumOverlijden sets the date of death of a person; 0 takes it back
// (Persoon, overwrite; Select Persoon shows the outcome). Faults: 1004, 2002,
// 3002. Source: specification, Webservice 8; contract C6.
func (c *Client) WijzigenDatumOverlijden(ctx context.Context, persoon string, day payroll.Date) ([]Melding, error) {
	return c.change(ctx, "WijzigenDatumOverlijden", map[string]any{"DataIdentity": persoon, "DatumOverlijden": orNil(day)})
}

func orNil(day payroll.Date) any {
	if day == 0 {
		return contract.Nil{}
	}
	return day
}
