"""The Belgian capacity tariff, from where the import register stood around each quarter of an hour.

rows      what `db/boundaries.py` keeps, as whole numbers; `nameless` finds the meter of readings that name none
quarters  the arithmetic: what was drawn in a quarter, and within which limits
gaps      what can be said of quarters that are not known
month     a month, its peak and how sure it is
running   the quarter that is not over
year      twelve months, their mean and what it costs
"""
