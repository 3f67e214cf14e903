package sandbox

// handlers carry out the functions of the contract, by full name; GetUserToken
// stands apart, as it has no token. A test holds them and the contract together.
var handlers = map[string]handler{
	"LoketWebservice.GetNodeFunction":                     {read: opGetNodeFunction},
	"LoketWebservice.List":                                {read: opList},
	"LoketWebservice.Select":                              {read: opSelect},
	"LoketWebservice.GetChildNodes":                       {read: opGetChildNodes},
	"LoketWebservice.Clieop03":                            {read: opClieop03},
	"LoketWebservice.ExportLoonresultaten":                {read: opExportLoonresultaten},
	"LoketWebservice.GetMetaData":                         {read: opGetMetaData},
	"LoketWebservice.ListGoedgekeurdeLoonrunsPeriode":     {read: opListLoonruns},
	"LoketWebservice.ListVersion":                         {read: opListVersion},
	"LoketWebservice.OutputBetalingsOverzicht":            {read: opOutput(betalingsOverzicht)},
	"LoketWebservice.OutputJournaal":                      {read: opOutput(journaal)},
	"LoketWebservice.OutputOpdrachtbrief":                 {read: opOutput(opdrachtbrief)},
	"LoketWebservice.OutputRunOverzicht":                  {read: opOutput(runOverzicht)},
	"LoketWebservice.OutputStandaardjournaalLoonrun":      {read: opStandaardjournaal},
	"LoketWebservice.OutputStandenRegister":               {read: opOutput(standenRegister)},
	"LoketWebservice.OutputVerzamelLoonstaat":             {read: opOutput(verzamelLoonstaat)},
	"LoketWebservice.SelectVersion":                       {read: opSelectVersion},
	"LoketWebservice.ExportWerknemer":                     {read: opExportWerknemer},
	"LoketWebservice.ExportLoonresultatenPerRun":          {read: opExportLoonresultatenPerRun},
	"LoketWebservice.OutputLoonaangifte":                  {read: opOutputLoonaangifte},
	"LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode": {read: opListLoonaangiftes},

	"GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte": {write: opGoedkeurenAnnuleren},
	"AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage": {write: opAanleverenResponse},
	"ImporteerGegevens.ImporteerGegevens":                             {write: opImporteer},

	"Werkgever.ToevoegenWerkgever":       {write: opToevoegenWerkgever},
	"Werkgever.WijzigenAdresGegevens":    {write: opWerkgeverAdres},
	"Werkgever.WijzigenAlgemeneGegevens": {write: opWerkgeverAlgemeen},
	"Werkgever.WijzigenContactGegevens":  {write: opWerkgeverContact},

	"Dossiervorming.ToevoegenDossier":        {write: opToevoegenDossier},
	"Dossiervorming.WijzigenMetadataDossier": {write: opWijzigenDossier},
	"Dossiervorming.VerwijderenDossier":      {write: opVerwijderenDossier},

	"Persoon.WijzigenAdresGegevens":    {write: opPersoonAdres},
	"Persoon.WijzigenBurgerlijkeStaat": {write: opBurgerlijkeStaat},
	"Persoon.WijzigenDatumOverlijden":  {write: opDatumOverlijden},

	"Dienstverband.ToevoegenConceptWerknemer": {write: opConceptWerknemer},
	"Dienstverband.WijzigenDatumUitDienst":    {write: opDatumUitDienst},
}
