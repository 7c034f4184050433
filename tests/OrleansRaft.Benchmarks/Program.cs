using System.CommandLine;
using OrleansRaft.Benchmarks;
using OrleansRaft.Testbed;

TemporaryRoot.Use();

var line = new RootCommand("Measures this library and prints figures. With --json the last line of stdout is one JSON object.");
foreach (var verb in Verbs.All())
{
    line.Add(verb);
}

var parsed = line.Parse(args);
if (parsed.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync(
        string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)) + $"{Environment.NewLine}See --help.");
    return 2;
}

return await parsed.InvokeAsync();
