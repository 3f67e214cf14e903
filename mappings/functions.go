package mappings

import "loket-etl/mappings/expression"

// Functions are those that an expression may call, each with its signature, a
// sentence and an example.
func Functions() []expression.Function { return expression.Functions }
