"""What planners read of a coverage run: the workbook and the printed report, in Vietnamese."""
