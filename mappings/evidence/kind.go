package evidence

// Kind is what every filled cell can be read as.
func (c *Column) Kind() Kind {
	kind, _ := c.kind(0)
	return kind
}

// Likely is Kind when up to one filled cell in ten is something else, of a column
// with ten or more; stray is how many those are.
func (c *Column) Likely() (kind Kind, stray int) {
	if c.Filled < 10 {
		return c.kind(0)
	}
	return c.kind(c.Filled / 10)
}

func (c *Column) kind(most int) (Kind, int) {
	if c.Filled == 0 {
		return Nothing, 0
	}
	numbers := c.Wholes + c.Commas + c.Points + c.Unsure
	for _, k := range []struct {
		kind  Kind
		count int
		is    bool
	}{
		{Moment, c.Days, c.Moments > 0},
		{Date, c.Days, c.Moments == 0},
		{Period, c.Periods, true},
		{Whole, c.Wholes, numbers == c.Wholes},
		{Decimal, numbers, numbers > c.Wholes},
		{Clock, c.Clocks, true},
		{Mixed, c.Clocks + numbers, c.Clocks > 0},
	} {
		if k.is && k.count > 0 && c.Filled-k.count <= most {
			return k.kind, c.Filled - k.count
		}
	}
	return Text, 0
}

// DateLayouts are the layouts that together read the dates of the column, the most
// used first. unsure says that day and month could be the other way round in all
// of them: then dd/MM/yyyy is given.
func (c *Column) DateLayouts() (names []string, unsure bool) {
	const day, month = 2, 3
	counts := c.layouts
	switch {
	case counts[month] > counts[day]:
		counts[day] = 0
	case counts[month] > 0:
		unsure = counts[month] == counts[day]
		counts[month] = 0
	}
	for {
		best := 0
		for i, n := range counts {
			if n > counts[best] {
				best = i
			}
		}
		if counts[best] == 0 {
			return names, unsure
		}
		names, counts[best] = append(names, Layouts[best]), 0
	}
}

// Kinds are all that single cells of the column can be read as, Text for those that
// are none of the others.
func (c *Column) Kinds() []Kind { return c.kinds(1) }

// Often are the Kinds of at least one in ten cells. Others may be mistakes in a row.
func (c *Column) Often() []Kind { return c.kinds((c.Filled + 9) / 10) }

func (c *Column) kinds(least int) (all []Kind) {
	rest := c.Filled
	for _, k := range []struct {
		kind  Kind
		count int
	}{
		{Whole, c.Wholes - c.layouts[5]}, {Decimal, c.Commas + c.Points + c.Unsure}, {Clock, c.Clocks}, {Date, c.Days}, {Period, c.Periods},
	} {
		if rest -= k.count; k.count >= max(least, 1) {
			all = append(all, k.kind)
		}
	}
	if rest >= max(least, 1) {
		all = append(all, Text)
	}
	return all
}
