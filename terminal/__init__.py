"""What the commands print: courses, escalations, rotas and protocols as a person reads them in a terminal."""
