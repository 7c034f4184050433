using OrleansRaft.Cli.CommandLine;

return await Oraft.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
