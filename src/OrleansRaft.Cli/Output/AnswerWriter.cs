using System.CommandLine;
using System.Text.Json;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using Spectre.Console;

namespace OrleansRaft.Cli.Output;

/// <summary>Writes answers to stdout: tables and sentences for people, or one JSON object per line for programs.</summary>
/// <param name="output">Standard output.</param>
/// <param name="json">Whether programs read it.</param>
/// <param name="width">How many columns the terminal has; null without one, where lines are as long as their text, so that nothing is cut when
/// piped.</param>
internal sealed class AnswerWriter(TextWriter output, bool json, int? width)
{
    private const int WidthWithoutTerminal = 1000;
    private const int WidthMin = 20;
    private const char NumberMark = '#';
    private const char WrappedMark = '~';

    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web) { WriteIndented = false };

    /// <summary>A writer for what a command line asks for.</summary>
    public static AnswerWriter For(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        return new AnswerWriter(output, parsed.GetValue(CommonOptions.Json), IsTerminal(output) ? Math.Max(WidthMin, Console.WindowWidth) : null);
    }

    /// <summary>Whether somebody looks at what is written.</summary>
    public static bool IsTerminal(TextWriter output) => ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>Whether programs read the answers.</summary>
    public bool Json => json;

    /// <summary>Writes an object for programs.</summary>
    public void WriteJson(object value) => output.WriteLine(JsonSerializer.Serialize(value, value.GetType(), Compact));

    /// <summary>Writes one answer in either form.</summary>
    public void Write<T>(Answer<T> answer, Func<T, string> sentence)
    {
        if (json)
        {
            WriteJson(answer.Raw);
        }
        else
        {
            output.WriteLine(sentence(answer.Value));
        }
    }

    /// <summary>Writes answers in either form as they come: a line of JSON each, or the rows of a table, which people get at the end.</summary>
    public async Task WriteListAsync<T>(Table table, IAsyncEnumerable<Answer<T>> answers, Func<T, string[]> row)
    {
        await foreach (var answer in answers)
        {
            if (json)
            {
                WriteJson(answer.Raw);
            }
            else
            {
                table.AddRow(row(answer.Value));
            }
        }

        if (!json)
        {
            WriteTable(table);
        }
    }

    /// <summary>Writes a line for people.</summary>
    public void WriteLine(string text) => output.WriteLine(text);

    /// <summary>
    /// Writes a table for people. One that is wider than the terminal becomes several, each of which begins with the first column.
    /// </summary>
    public void WriteTable(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width ?? WidthWithoutTerminal;
        console.Profile.Capabilities.Ansi &= width is not null;
        foreach (var part in TableParts.Of(table, console.Profile.Width))
        {
            console.Write(part);
        }
    }

    /// <summary>A table in the house's look.</summary>
    /// <param name="columns">
    /// Its headings. One that begins with '#' holds numbers and is aligned to the right; one that begins with '~' holds text that is wrapped where
    /// the terminal is narrow.
    /// </param>
    public static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            var shown = new TableColumn(Markup.Escape(column.TrimStart(NumberMark, WrappedMark))) { NoWrap = !column.StartsWith(WrappedMark) };
            table.AddColumn(column.StartsWith(NumberMark) ? shown.RightAligned() : shown);
        }

        return table;
    }
}
