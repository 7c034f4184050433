using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;

StandardStreams.Install();
return await Oraft.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
