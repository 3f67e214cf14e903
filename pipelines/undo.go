package pipelines

import (
	"context"

	"loket-etl/ledger"
)

func (r *Runner) planUndo(ctx context.Context, lease *ledger.Lease) error { return nil }
