using System.Runtime.CompilerServices;
using OrleansRaft.Testbed;

namespace OrleansRaft.Integration.Tests;

/// <summary>
/// Processes that tests start live for seconds: the runtime compiles once, and again only what is called a thousand times instead of thirty, and
/// writes what it compiles where it runs instead of mapping each page twice (W^X), which is a seventh of the processor time of a start. What they
/// and the tests leave in the folder for temporary files goes with the test run.
/// </summary>
internal static class ShortLivedProcesses
{
    [ModuleInitializer]
    internal static void SetEnvironment()
    {
        TemporaryRoot.Use();
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountThreshold", "400");
        Environment.SetEnvironmentVariable("DOTNET_EnableWriteXorExecute", "0");
    }
}
