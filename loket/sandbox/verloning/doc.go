// Package verloning is the payroll of the sandbox: from salaries and imported
// variabele gegevens to payslips, payments, journal and tax return, in exact
// cents. It knows no SOAP, no file format and no storage.
//
// The figures are sandbox figures, not payroll advice: they serve to see that
// what goes into Loket comes out again. What is simplified:
//
//   - Loonheffing is computed from the annual wage (wage of the period times 12, or
//     times 13 for four weeks) by the brackets and credits of 2026 for people
//     below the AOW age, exactly, divided by 12 or 13 and then rounded once, half
//     a cent up. The steps of the printed tables are not followed.
//   - The special rate (bijzonder tarief) is the annual tax with the special wage
//     less the annual tax without it: the marginal rate, credits included.
//   - The maximum premium wage counts per period; nothing is carried over from
//     earlier periods (no voortschrijdend cumulatief rekenen).
//   - Every premium is rounded per person and premium, half a cent up.
//   - Who is in service for part of the period gets the salary times working days
//     (Monday to Friday) in service over working days of the period.
//   - Whk has the average rate, unless the Werkgever has its own.
//   - Pension, AOW age, garnishment, work-related costs and corrections of earlier
//     periods do not exist here.
//
// Rates are in thousandths of a per cent, so that 31.009 % is 31009.
package verloning
