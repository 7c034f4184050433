using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.Session;
using Orleans.Serialization.TypeSystem;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>What calls need of Orleans' serialization. One for each set of services; any thread.</summary>
internal sealed class CallTools : ICallTools
{
    private static readonly ConditionalWeakTable<IServiceProvider, CallTools> Known = [];

    private readonly ConcurrentDictionary<Type, byte[]> bare = new();

    private CallTools(IServiceProvider services)
    {
        Services = services;
        Serializer = services.GetRequiredService<Serializer>();
        Sessions = services.GetRequiredService<SerializerSessionPool>();
        Copies = services.GetRequiredService<CopyContextPool>();
        Codecs = services.GetRequiredService<CodecProvider>();
        Proxies = new ProxyTypes(services.GetRequiredService<IOptions<TypeManifestOptions>>().Value);
        Exceptions = new ThrownExceptions(Serializer, services.GetRequiredService<TypeConverter>());
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public IServiceProvider Services { get; }

    /// <summary>Orleans' serializer.</summary>
    public Serializer Serializer { get; }

    /// <summary>What the serializer works with, for those who call it again and again.</summary>
    public SerializerSessionPool Sessions { get; }

    /// <inheritdoc/>
    public CopyContextPool Copies { get; }

    /// <inheritdoc/>
    public CodecProvider Codecs { get; }

    /// <summary>The generated proxies.</summary>
    public ProxyTypes Proxies { get; }

    /// <summary>Writes and reads what grains throw.</summary>
    public ThrownExceptions Exceptions { get; }

    /// <summary>The clock of callers.</summary>
    public TimeProvider Time { get; }

    /// <summary>Writes a call. Those without arguments are all the same, so the bytes must not be changed.</summary>
    public byte[] Write(IRequest request) =>
        request.GetArgumentCount() > 0 ? Serializer.SerializeToArray<object>(request)
        : bare.TryGetValue(request.GetType(), out var known) ? known
        : bare.GetOrAdd(request.GetType(), Serializer.SerializeToArray<object>(request));

    /// <summary>The tools made of some services.</summary>
    public static CallTools Of(IServiceProvider services) => Known.GetValue(services, static one => new CallTools(one));
}
