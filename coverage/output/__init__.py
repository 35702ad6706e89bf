"""What goes out: tables, workbook, geometry and the printed report."""
