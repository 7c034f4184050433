using System.Text.Json;
using OrleansRaft.Cli.Client;
using Spectre.Console;

namespace OrleansRaft.Cli.Output;

/// <summary>Writes answers to stdout: tables and sentences for people, or one JSON object per line for programs.</summary>
/// <param name="output">Standard output.</param>
/// <param name="json">Whether programs read it.</param>
internal sealed class AnswerWriter(TextWriter output, bool json)
{
    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web) { WriteIndented = false };

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

    /// <summary>Writes a line for people.</summary>
    public void WriteLine(string text) => output.WriteLine(text);

    /// <summary>Writes a table for people. Without a terminal it is as wide as its text, so that nothing is cut when piped.</summary>
    public void WriteTable(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected)
        {
            console.Profile.Width = 1000;
            console.Profile.Capabilities.Ansi = false;
        }

        console.Write(table);
    }

    /// <summary>A table in the house's look.</summary>
    /// <param name="columns">Its headings; one that begins with '#' holds numbers and is aligned to the right.</param>
    public static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            var isNumber = column.StartsWith('#');
            var shown = new TableColumn(Markup.Escape(column.TrimStart('#'))) { NoWrap = true };
            table.AddColumn(isNumber ? shown.RightAligned() : shown);
        }

        return table;
    }
}
