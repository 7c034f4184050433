using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansRaft.Cli.Output;

/// <summary>Lines of text out of what Spectre can render, for a given width.</summary>
internal static class RenderedLines
{
    /// <summary>Renders content.</summary>
    /// <param name="content">What to render.</param>
    /// <param name="width">How many columns there are; no line is longer.</param>
    /// <param name="isColored">Whether the lines carry colors as escape sequences.</param>
    public static IReadOnlyList<string> Of(IRenderable content, int width, bool isColored)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isColored ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isColored ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(content);
        var all = text.ToString().TrimEnd('\r', '\n');
        return all.Length == 0 ? [] : all.Split(Environment.NewLine);
    }

    /// <summary>Renders what happened: the time stands in a column of its own, and text that is too long is wrapped beside it.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<TimedLine> happened, int width)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(0).PadRight(2)).AddColumn(new GridColumn().PadLeft(0).PadRight(0));
        foreach (var line in happened)
        {
            grid.AddRow(new Text(line.Time), new Text(line.Text));
        }

        return [.. happened.Count == 0 ? [] : Of(grid, width, isColored: false).Select(line => line.TrimEnd())];
    }
}
