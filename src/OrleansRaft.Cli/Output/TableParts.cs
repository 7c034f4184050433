using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansRaft.Cli.Output;

/// <summary>Cuts a table that is too wide into several that fit, column by column. Cells are never cut off.</summary>
internal static class TableParts
{
    // The padding on both sides, and the blank that the border draws between columns.
    private const int PaddingOfColumn = 3;

    // What a column that may be wrapped keeps at least.
    private const int WrappedWidthMin = 24;

    private const int Frame = 1;

    /// <summary>The parts, from left to right; the table itself where it fits.</summary>
    /// <param name="table">The whole table.</param>
    /// <param name="width">How many columns of text there are.</param>
    public static IReadOnlyList<Table> Of(Table table, int width)
    {
        var options = RenderOptions.Create(AnsiConsole.Console);
        var needed = table.Columns
            .Select((column, place) => NeededBy(column, table.Rows.Select(row => row.ElementAt(place)), options) + PaddingOfColumn)
            .ToList();
        if (Frame + needed.Sum() <= width || needed.Count < 3)
        {
            return [table];
        }

        var parts = new List<List<int>>();
        var used = int.MaxValue;
        for (var place = 1; place < needed.Count; place++)
        {
            if (used + needed[place] > width || parts.Count == 0)
            {
                parts.Add([0]);
                used = Frame + needed[0];
            }

            parts[^1].Add(place);
            used += needed[place];
        }

        return [.. parts.Select(places => Take(table, places))];
    }

    private static int NeededBy(TableColumn column, IEnumerable<IRenderable> cells, RenderOptions options)
    {
        var widest = cells.Prepend(column.Header).Max(cell => cell.Measure(options, int.MaxValue).Max);
        return column.NoWrap ? widest : Math.Min(widest, WrappedWidthMin);
    }

    private static Table Take(Table table, List<int> places)
    {
        var part = new Table { Border = table.Border };
        places.ForEach(place => part.AddColumn(table.Columns[place]));
        foreach (var row in table.Rows)
        {
            part.AddRow(places.Select(row.ElementAt));
        }

        return part;
    }
}
